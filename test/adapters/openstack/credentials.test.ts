/** Credentials as people write them: clouds.yaml and nova-kubernetes-drain's config.yaml (contract 11.2). */
import { describe, expect, test } from 'vitest';
import { readCredentials } from '../../../lambdas/adapters/openstack/credentials.ts';

const PASSWORD = `auth_url: https://keystone.example.com:5000/v3
      username: ebb
      password: pw-of-ebb
      user_domain_name: Default
      project_name: admin
      project_domain_name: Default`;

function cloudsYaml(auth: string, others = ''): string {
  return `clouds:\n  production:\n    auth:\n      ${auth}\n${others}`;
}

function faultsOf(text: string, cloud?: string): readonly string[] {
  const reading = readCredentials(text, cloud);
  return 'faults' in reading ? reading.faults : [];
}

describe('what is read (contract 11.2)', () => {
  test('nova-kubernetes-drain’s config.yaml, as it is', () => {
    const text =
      'IdentityEndpoint: "http://keystone-api:5000/v3/"\nUsername: "admin"\nPassword: "mysupersecretpassword"\nTenantName: "admin"\nDomainID: "default"\n';
    expect(readCredentials(text)).toEqual({
      credentials: {
        authUrl: 'http://keystone-api:5000/v3',
        identity: {
          kind: 'password',
          user: { name: 'admin', domain: { id: 'default' } },
          password: 'mysupersecretpassword',
          project: { name: 'admin', domain: { id: 'default' } },
        },
      },
    });
  });

  test('a password in a clouds.yaml, with its region, interface and authority', () => {
    const others = `    region_name: RegionOne\n    interface: internalURL\n    cacert: |\n      -----BEGIN CERTIFICATE-----\n      MIIB\n      -----END CERTIFICATE-----\n`;
    expect(readCredentials(cloudsYaml(PASSWORD, others))).toMatchObject({
      credentials: {
        authUrl: 'https://keystone.example.com:5000/v3',
        identity: {
          kind: 'password',
          user: { name: 'ebb', domain: { name: 'Default' } },
          project: { name: 'admin', domain: { name: 'Default' } },
        },
        region: 'RegionOne',
        interface: 'internal',
        ca: expect.stringMatching(/^-----BEGIN/) as string,
      },
    });
  });

  test('an application credential by its id, whatever else stands there, and an address without a version', () => {
    const auth = `auth_url: https://keystone.example.com\n      application_credential_id: "1234"\n      application_credential_secret: s3`;
    expect(readCredentials(cloudsYaml(auth, '    auth_type: v3applicationcredential\n'))).toEqual({
      credentials: {
        authUrl: 'https://keystone.example.com/v3',
        identity: { kind: 'application credential', credential: { id: '1234' }, secret: 's3' },
      },
    });
  });

  test('an application credential by its name, with its user', () => {
    const auth = `auth_url: https://keystone.example.com/v3\n      application_credential_name: drain\n      application_credential_secret: s3\n      username: ebb\n      user_domain_id: default`;
    expect(readCredentials(cloudsYaml(auth))).toMatchObject({
      credentials: { identity: { credential: { name: 'drain', user: { name: 'ebb', domain: { id: 'default' } } } } },
    });
  });

  test('the cloud that is named, of several', () => {
    const two = `${cloudsYaml(PASSWORD)}  staging:\n    auth:\n      ${PASSWORD.replace('keystone.', 'staging.')}\n`;
    expect(readCredentials(two, 'staging')).toMatchObject({
      credentials: { authUrl: 'https://staging.example.com:5000/v3' },
    });
    expect(faultsOf(two)).toEqual(['clouds has 2 clouds: name one in the field cloud of the configuration']);
    expect(faultsOf(two, 'nope')).toEqual(['clouds has no cloud nope: production, staging']);
  });

  test('a password of digits, which YAML reads as a number', () => {
    const text = cloudsYaml(PASSWORD.replace('pw-of-ebb', '12345678'));
    expect(readCredentials(text)).toMatchObject({ credentials: { identity: { password: '12345678' } } });
  });
});

describe('what is refused names the field and the fix, and no value (contract 13.3)', () => {
  test.each([
    ['text that is no YAML', '{a: [secret-value', [/^it is no YAML \(line 1\)$/]],
    ['text that is neither', 'secret-value', [/^it must be a clouds\.yaml .* or nova-kubernetes-drain’s config\.yaml/]],
    ['an empty list of clouds', 'clouds: {}', [/^clouds has 0 clouds/]],
    [
      'a config.yaml with gaps, all at once',
      'IdentityEndpoint: "ftp://secret-value"\nUsername: admin\nDomainID: ""\n',
      [
        /^IdentityEndpoint must be the address of Keystone/,
        /^Password /,
        /^TenantName /,
        /^DomainID must not be empty/,
      ],
    ],
    [
      'Keystone v2',
      cloudsYaml(PASSWORD.replace('/v3', '/v2.0')),
      [/^clouds\.production\.auth\.auth_url must not end in v2\.0: Ebb speaks Keystone v3 only$/],
    ],
    [
      'no user, project or password',
      cloudsYaml('auth_url: https://keystone.example.com/v3'),
      [/auth\.password is missing/, /must have username and user_domain_name/, /must have project_name/],
    ],
    [
      'an application credential without its secret',
      cloudsYaml(
        'auth_url: https://keystone.example.com/v3\n      application_credential_id: abc',
        '    auth_type: v3applicationcredential\n',
      ),
      [/application_credential_secret is missing/],
    ],
    [
      'another way to log in',
      cloudsYaml(PASSWORD, '    auth_type: v3kerberos\n'),
      [/auth_type must be "password", "v3password" or "v3applicationcredential"/],
    ],
    [
      'an authority in a file',
      cloudsYaml(PASSWORD, '    cacert: /etc/ssl/secret-value.pem\n'),
      [/cacert is a file, which a Lambda does not have/],
    ],
    ['a server that is not verified', cloudsYaml(PASSWORD, '    verify: false\n'), [/verify must not be false/]],
  ] as const)('%s', (_, text, expected) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(faults[index]).toMatch(pattern);
    expect(faults.join()).not.toMatch(/secret-value|pw-of-ebb/);
  });
});
