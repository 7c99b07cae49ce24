import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { AwsGiven } from '../aws/given.ts';

/** A process of its own, because this one may have loaded the client for another test. */
const SCRIPT = `
  import { registerHooks } from 'node:module';
  let loaded = false;
  registerHooks({
    load(url, context, next) {
      loaded ||= url.includes('client-ec2');
      return next(url, context);
    },
  });
  const { lazyInstances } = await import(process.argv[1]);
  const instances = lazyInstances();
  const before = loaded;
  const [name, unknown] = await Promise.all(process.argv.slice(2).map((each) => instances.identity(each)));
  console.log(JSON.stringify({ before, after: loaded, name: name.dnsName, unknown: unknown.dnsName ?? 'undefined' }));
`;

test('the EC2 client is loaded at the first question, not before, and then answers', async () => {
  await using given = await AwsGiven.start();
  const { instanceId, privateDnsName } = given.aws.instances.launch();
  const port = new URL('../../../lambdas/adapters/ec2/lazy-instances.ts', import.meta.url).href;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', SCRIPT, port, instanceId, 'i-0fedcba9876543210'],
    { env: given.aws.environment() },
  );
  expect(JSON.parse(stdout)).toEqual({ before: false, after: true, name: privateDnsName, unknown: 'undefined' });
});
