/** Ebb's client of Keystone and Nova over the wire: refusals, tokens, endpoints and failures (contract 11.2, 11.5). */
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { CloudAway, CloudRefused } from '../../../lambdas/core/openstack/cloud-error.ts';
import type { Cloud } from '../../../lambdas/workflow/ports/openstack.ts';
import { aPeer, cloudOf, novaDrainConfig, PASSWORD } from './given.ts';

async function refusalOf(cloud: Cloud): Promise<string> {
  const error: unknown = await cloud.services('hv-a').then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CloudRefused);
  const { message } = error as CloudRefused;
  expect(message).not.toContain(PASSWORD);
  expect(message).not.toMatch(/gAAAAA/);
  return message;
}

describe('credentials that do not work are refused, naming what to correct (contract 11.2)', () => {
  test('a wrong password', async () => {
    const peer = await aPeer();
    const secrets = { 'ebb/openstack': novaDrainConfig(peer, { Password: 'wrong-password' }) };
    const message = await refusalOf(await cloudOf(peer, { secrets }));
    expect(message).toMatch(/^Keystone does not take the password in the secret ebb\/openstack \(401 /);
    expect(message).not.toContain('wrong-password');
  });

  test('an application credential that nobody knows', async () => {
    const peer = await aPeer();
    const auth = { auth_url: peer.authUrl, application_credential_id: 'x', application_credential_secret: 'hidden' };
    const secrets = { 'ebb/openstack': JSON.stringify({ clouds: { a: { auth } } }) };
    const message = await refusalOf(await cloudOf(peer, { secrets }));
    expect(message).toMatch(/^Keystone does not take the application credential in the secret ebb\/openstack/);
    expect(message).not.toContain('hidden');
  });

  test('words of Keystone that quote the password, without it', async () => {
    const peer = await aPeer();
    peer.faults.answer({ path: /auth\/tokens/ }, 400, { error: { message: `On instance: ${PASSWORD}`, code: 400 } });
    expect(await refusalOf(await cloudOf(peer))).toMatch(
      /refuses the login with the secret ebb\/openstack: 400 On instance: …$/,
    );
  });

  test('a user who is no administrator, before any guest is asked for', async () => {
    const peer = await aPeer();
    peer.state.addUser('plain', PASSWORD, { 'tenant-b': ['member'] });
    const secrets = { 'ebb/openstack': novaDrainConfig(peer, { Username: 'plain', TenantName: 'tenant-b' }) };
    const cloud = await cloudOf(peer, { secrets });
    expect(await refusalOf(cloud)).toMatch(
      /^Nova does not allow GET \/os-services \(403 Policy doesn't allow .*\): the user must have the role admin/,
    );
    await expect(cloud.guestsOn('hv-a')).rejects.toThrow(CloudRefused);
  });

  test('a secret that is missing, and one with faults, each at once', async () => {
    const peer = await aPeer();
    expect(await refusalOf(await cloudOf(peer, { secrets: {} }))).toMatch(/^there is no secret ebb\/openstack/);
    const secrets = { 'ebb/openstack': 'IdentityEndpoint: nope' };
    expect(await refusalOf(await cloudOf(peer, { secrets }))).toMatch(
      /^the credentials in the secret ebb\/openstack have 5 faults: /,
    );
  });
});

describe('an endpoint is talked to only where the configuration allows it (contract 11.5, faults 76)', () => {
  test.each([
    ['on another host', 'https://nova.elsewhere.example.com/v2.1', /add nova\.elsewhere\.example\.com to hosts/],
    ['the metadata service', 'http://169.254.169.254/v2.1', /is link-local, which is never talked to$/],
    ['on this machine, at another port', 'http://127.0.0.1:1/v2.1', /add 127\.0\.0\.1:1 to hosts/],
    ['without a host', 'nova', /is no address/],
    ['that is no http', 'file:///etc/passwd', /is no https address \(file:\)/],
  ])('not one %s', async (_, url, expected) => {
    const peer = await aPeer();
    peer.endpoints = [{ interface: 'public', region: 'RegionOne', url }];
    expect(await refusalOf(await cloudOf(peer))).toMatch(expected);
    expect(peer.requests.filter(({ service }) => service === 'nova')).toEqual([]);
  });

  test.each(['169.254.169.254', '[fe80::1]', '[fd00:ec2::254]', '0.0.0.0'])(
    'not %s, even if it is on the list',
    async (host) => {
      const peer = await aPeer();
      peer.endpoints = [{ interface: 'public', region: 'RegionOne', url: `http://${host}/v2.1` }];
      const settings = { hosts: [...peer.hosts, host] };
      expect(await refusalOf(await cloudOf(peer, { settings }))).toMatch(/is link-local/);
    },
  );

  test('not one without TLS, unless it is allowed', async () => {
    const peer = await aPeer();
    const settings = { allowHttp: false };
    expect(await refusalOf(await cloudOf(peer, { settings }))).toMatch(/has no TLS: give it https, or set allowHttp/);
    expect(peer.requests).toEqual([]);
  });

  test('not one that redirects, wherever it points', async () => {
    const peer = await aPeer();
    peer.faults.answer({ path: /os-services/ }, 302, '', { location: 'http://169.254.169.254/' });
    expect(await refusalOf(await cloudOf(peer))).toMatch(/^Nova at .* redirects \(302\), which is not followed/);
  });

  test('a catalogue without Nova, and one with several regions, say what there is', async () => {
    const peer = await aPeer();
    const [endpoint] = peer.endpoints;
    if (endpoint === undefined) throw new Error('no endpoint');
    peer.endpoints = [];
    expect(await refusalOf(await cloudOf(peer))).toMatch(
      /no compute endpoint \(interface public\): the project has no Nova/,
    );
    peer.endpoints = [endpoint, { ...endpoint, region: 'RegionTwo' }];
    expect(await refusalOf(await cloudOf(peer))).toMatch(
      /has Nova in RegionOne, RegionTwo: name one in the field region/,
    );
    const cloud = await cloudOf(peer, { settings: { region: 'RegionTwo' } });
    expect(await cloud.services('hv-a')).toHaveLength(1);
    expect(await refusalOf(await cloudOf(peer, { settings: { region: 'Three' } }))).toMatch(
      /no compute endpoint \(interface public, region Three\), but public in RegionOne, public in RegionTwo/,
    );
  });

  test('what answers in place of Keystone is not believed', async () => {
    const peer = await aPeer();
    peer.faults.answer({ path: /auth\/tokens/ }, 201, { hello: 'world' });
    expect(await refusalOf(await cloudOf(peer))).toMatch(/is not Keystone v3: correct auth_url/);
  });
});

describe('certificates (contract 11.2)', () => {
  test('of a private authority are trusted by the secret that has it, and by no other', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    const peer = await aPeer({ tls: { cert, key } });
    expect(await refusalOf(await cloudOf(peer))).toMatch(
      /^the certificate of Keystone .* put its authority into the secret that caSecret names$/,
    );
    const secrets = { 'ebb/openstack': novaDrainConfig(peer), 'ebb/ca': cert };
    const settings = { caSecret: 'ebb/ca', allowHttp: false };
    expect(await (await cloudOf(peer, { secrets, settings })).services('hv-a')).toHaveLength(1);
    const wrong = { 'ebb/openstack': novaDrainConfig(peer), 'ebb/ca': 'no certificate' };
    expect(await refusalOf(await cloudOf(peer, { secrets: wrong, settings }))).toMatch(
      /the secret ebb\/ca has no certificate in PEM/,
    );
  });
});

describe('a Nova of another age (contract 11.2)', () => {
  test('that is too old says which versions it has', async () => {
    const peer = await aPeer();
    peer.age = { kind: 'old', newest: 60 };
    expect(await refusalOf(await cloudOf(peer))).toMatch(
      /does not speak version 2\.65 \(406 .*maximum is 2\.60\.\): it needs Rocky/,
    );
  });

  test('that ignores versions is not asked for anything more', async () => {
    const peer = await aPeer();
    peer.age = { kind: 'without microversions' };
    expect(await refusalOf(await cloudOf(peer))).toMatch(/in no version, but 2\.65 was asked for/);
  });
});

describe('tokens (contract 11.2)', () => {
  test('are kept, and renewed shortly before they end', async () => {
    const peer = await aPeer();
    const cloud = await cloudOf(peer);
    for (let time = 0; time < 3; time += 1) await cloud.services('hv-a');
    expect(peer.requests.filter(({ service }) => service === 'keystone')).toHaveLength(1);
    peer.state.tokenSeconds = 30;
    const short = await cloudOf(peer);
    await short.services('hv-a');
    await short.services('hv-a');
    expect(peer.requests.filter(({ service }) => service === 'keystone')).toHaveLength(3);
  });

  test('that Nova takes no more are renewed once, and the request is sent again', async () => {
    const peer = await aPeer();
    const cloud = await cloudOf(peer);
    await cloud.services('hv-a');
    peer.revokeTokens();
    expect(await cloud.services('hv-a')).toHaveLength(1);
    expect(peer.requests.map(({ status }) => status)).toEqual([201, 200, 401, 201, 200]);
  });

  test('that are renewed in vain end in a refusal that names the request', async () => {
    const peer = await aPeer();
    const [admin] = peer.state.users;
    if (admin === undefined) throw new Error('no administrator');
    const rules = [{ method: 'GET', path: '/v2.1/os-services' }];
    const { id, secret } = peer.state.addCredential(admin, peer.state.project('admin'), rules);
    const auth = { auth_url: peer.authUrl, application_credential_id: id, application_credential_secret: secret };
    const cloud = await cloudOf(peer, { secrets: { 'ebb/openstack': JSON.stringify({ clouds: { a: { auth } } }) } });
    expect(await cloud.services('hv-a')).toHaveLength(1);
    await expect(cloud.guestsOn('hv-a')).rejects.toThrow(
      /does not take the token for GET \/servers\/detail, though it is new .* access rules, they must allow this/,
    );
  });
});

describe('a cloud that fails (contract 11.2)', () => {
  test.each([502, 503, 429])('with %i is away, and may be asked again', async (status) => {
    const peer = await aPeer();
    const cloud = await cloudOf(peer);
    peer.faults.answer({ path: /os-services/, times: 1 }, status, '<html>busy</html>');
    await expect(cloud.services('hv-a')).rejects.toThrow(CloudAway);
    expect(await cloud.services('hv-a')).toHaveLength(1);
  });

  test('by cutting the connection is away', async () => {
    const peer = await aPeer();
    const cloud = await cloudOf(peer);
    peer.faults.reset({ path: /os-services/, times: 1 });
    await expect(cloud.services('hv-a')).rejects.toThrow(/^Nova at http:.* does not answer: /);
    expect(await cloud.services('hv-a')).toHaveLength(1);
  });

  test('at one guest may have done it all the same, which the next look tells', async () => {
    const peer = await aPeer();
    const { id } = peer.state.addServer('vm-1', { project: peer.state.project('admin'), host: 'hv-a' });
    const cloud = await cloudOf(peer);
    const guest = await cloud.guest(id);
    peer.faults.answer({ method: 'POST', path: /action/, times: 1 }, 500, {
      computeFault: { code: 500, message: 'x' },
    });
    expect(guest && (await cloud.migrate(guest, 'live'))).toEqual({ kind: 'unknown', reason: '500 x' });
  });

  test('by pages that do not end, or whose links lead elsewhere, is read on its own endpoint', async () => {
    const peer = await aPeer();
    for (let number = 0; number < 1_005; number += 1)
      peer.state.addServer(`vm-${number}`, { project: peer.state.project('admin'), host: 'hv-a' });
    const cloud = await cloudOf(peer);
    expect(await cloud.guestsOn('hv-a')).toHaveLength(1_005);
    peer.faults.answer(
      { path: /os-migrations/ },
      200,
      {
        migrations: [],
        migrations_links: [{ rel: 'next', href: 'http://169.254.169.254/?marker=again' }],
      },
      { 'openstack-api-version': 'compute 2.65' },
    );
    await expect(cloud.migrationsFrom('hv-a', 0)).rejects.toThrow(/does not end after 200 pages/);
  });
});
