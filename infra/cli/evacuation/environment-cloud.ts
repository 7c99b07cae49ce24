/** A cloud by the variables of OpenStack's own clients (OS_AUTH_URL, …), in the shape of a clouds.yaml. */

/** Variables by the field of a clouds.yaml that they stand for. */
const AUTH = {
  auth_url: 'OS_AUTH_URL',
  username: 'OS_USERNAME',
  user_id: 'OS_USER_ID',
  password: 'OS_PASSWORD',
  project_name: 'OS_PROJECT_NAME',
  project_id: 'OS_PROJECT_ID',
  user_domain_name: 'OS_USER_DOMAIN_NAME',
  user_domain_id: 'OS_USER_DOMAIN_ID',
  project_domain_name: 'OS_PROJECT_DOMAIN_NAME',
  project_domain_id: 'OS_PROJECT_DOMAIN_ID',
  application_credential_id: 'OS_APPLICATION_CREDENTIAL_ID',
  application_credential_name: 'OS_APPLICATION_CREDENTIAL_NAME',
  application_credential_secret: 'OS_APPLICATION_CREDENTIAL_SECRET',
} as const;

const CLOUD = { auth_type: 'OS_AUTH_TYPE', region_name: 'OS_REGION_NAME', interface: 'OS_INTERFACE' } as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error when the environment names no cloud */
export function environmentCloud(environment: Environment): string {
  if (!environment.OS_AUTH_URL)
    throw new Error('no cloud is named: give --credentials FILE, or set OS_AUTH_URL and the others');
  const environmentCloud = { auth: named(AUTH, environment), ...named(CLOUD, environment) };
  return JSON.stringify({ clouds: { environment: environmentCloud } });
}

function named(fields: Readonly<Record<string, string>>, environment: Environment): object {
  const found = Object.entries(fields).map(([field, variable]) => [field, environment[variable]] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== ''));
}
