/** Keystone v3: a login, and the endpoint of Nova in its catalogue (contract 11.2). */
import * as z from 'zod/mini';
import { CloudAway, CloudRefused } from '../../core/openstack/cloud-error.ts';
import { answerWords } from './answer-words.ts';
import type { Credentials, Identity } from './credential-fields.ts';
import { checkEndpoint, type AllowedEndpoints } from './endpoint.ts';
import type { Answer, Transport } from './transport.ts';

export interface Session {
  readonly token: string;
  /** When the token ends, epoch milliseconds. */
  readonly expiresAt: number;
  /** Nova's endpoint, without a slash at the end. */
  readonly nova: string;
}

export interface LoginTerms extends AllowedEndpoints {
  /** The secret that the credentials stand in, for messages. */
  readonly secret: string;
  /** Which endpoint is meant; the configuration overrides the credentials. */
  readonly region?: string | undefined;
  readonly interface?: string | undefined;
}

const tokenAnswer = z.object({
  token: z.object({
    expires_at: z.string(),
    catalog: z.optional(
      z.array(
        z.object({
          type: z.string(),
          endpoints: z.array(
            z.object({ interface: z.string(), region_id: z.optional(z.nullable(z.string())), url: z.string() }),
          ),
        }),
      ),
    ),
  }),
});

type Catalogue = NonNullable<z.output<typeof tokenAnswer>['token']['catalog']>;

/** @throws CloudRefused, CloudAway */
export async function login(credentials: Credentials, terms: LoginTerms, wire: Transport): Promise<Session> {
  const { authUrl, identity } = credentials;
  const url = checkEndpoint(`${authUrl}/auth/tokens`, 'Keystone’s address', terms);
  const answer = await wire.send({ whom: 'Keystone', method: 'POST', url, body: loginBody(identity) });
  if (answer.status !== 201) throw loginRefused(answer, credentials, terms.secret);
  const { data } = z.safeParse(tokenAnswer, answer.body);
  const token = answer.headers['x-subject-token'];
  if (data === undefined || typeof token !== 'string')
    throw new CloudRefused(
      `what answers at ${url.origin} is not Keystone v3: correct auth_url in the secret ${terms.secret}`,
    );
  const nova = novaIn(data.token.catalog ?? [], {
    region: terms.region ?? credentials.region,
    side: terms.interface ?? credentials.interface ?? 'public',
  });
  checkEndpoint(nova, 'Nova’s endpoint in the catalogue', terms);
  return { token, expiresAt: Date.parse(data.token.expires_at), nova };
}

/** An application credential has its project, and Keystone refuses a login with one that names a scope. */
function loginBody(identity: Identity): object {
  if (identity.kind === 'application credential') {
    const { credential, secret } = identity;
    return {
      auth: {
        identity: {
          methods: ['application_credential'],
          application_credential: { ...credential, secret },
        },
      },
    };
  }
  const { user, password, project } = identity;
  return {
    auth: {
      identity: { methods: ['password'], password: { user: { ...user, password } } },
      scope: { project },
    },
  };
}

function loginRefused(answer: Answer, { authUrl, identity }: Credentials, secret: string): Error {
  const { status } = answer;
  const secrets = [identity.kind === 'password' ? identity.password : identity.secret];
  const words = answerWords(answer, secrets);
  // Keystone does not find an application credential that was deleted, or another cloud's.
  if (status === 401 || (status === 404 && /application credential/i.test(words)))
    return new CloudRefused(
      `Keystone does not take the ${identity.kind} in the secret ${secret} (${words}): correct it, or its user, project and domains`,
    );
  if (status === 404)
    return new CloudRefused(`Keystone v3 is not at ${authUrl} (${words}): correct auth_url in the secret ${secret}`);
  if (status >= 500 || status === 429 || status === 408) return new CloudAway(`Keystone at ${authUrl} fails: ${words}`);
  return new CloudRefused(`Keystone refuses the login with the secret ${secret}: ${words}`);
}

/** @throws CloudRefused saying what the catalogue has instead */
function novaIn(catalogue: Catalogue, { region, side }: { region: string | undefined; side: string }): string {
  const all = catalogue.filter(({ type }) => type === 'compute').flatMap(({ endpoints }) => endpoints);
  const found = all.filter((each) => each.interface === side && (region === undefined || each.region_id === region));
  const [endpoint] = found;
  const wanted = `interface ${side}${region === undefined ? '' : `, region ${region}`}`;
  if (endpoint === undefined) {
    const has = all.map((each) => `${each.interface} in ${each.region_id ?? 'no region'}`);
    throw new CloudRefused(
      `Keystone’s catalogue has no compute endpoint (${wanted})${has.length === 0 ? ': the project has no Nova' : `, but ${has.join(', ')}`}: correct region or interface`,
    );
  }
  const regions = new Set(found.map((each) => each.region_id));
  if (regions.size > 1)
    throw new CloudRefused(`Keystone’s catalogue has Nova in ${[...regions].join(', ')}: name one in the field region`);
  return endpoint.url.replace(/\/+$/, '');
}
