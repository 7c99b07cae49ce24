/** Instances by id or address, and by which addresses each may be registered (contract 7.3, 7.4). */
import { EC2Client } from '@aws-sdk/client-ec2';
import { HttpResponse } from '@smithy/protocol-http';
import { describe, expect, test } from 'vitest';
import { FIND_INSTANCE_ACTIONS, instanceFinder } from '../../../lambdas/adapters/ec2/finder.ts';
import { DEFAULT_VPC } from '../../peers/aws/ec2/instances.ts';
import { AwsGiven } from '../aws/given.ts';

async function withInstance() {
  const given = await AwsGiven.start();
  const launched = given.aws.instances.launch({ secondaryIps: ['10.0.7.7', '10.0.7.8'], tags: { team: 'shop' } });
  const credentials = given.credentialsFor(...FIND_INSTANCE_ACTIONS);
  const finder = instanceFinder(new EC2Client(given.aws.clientConfig(credentials)));
  return Object.assign(given, { launched, finder });
}

describe('an instance', () => {
  test('is found by id and by each of its addresses', async () => {
    await using given = await withInstance();
    const { launched, finder } = given;
    const addresses = [launched.privateIp, '10.0.7.7', '10.0.7.8'];
    const found = [{ instance: launched.instanceId, vpc: DEFAULT_VPC, addresses, tags: { team: 'shop' } }];
    expect(await finder.find({ id: launched.instanceId })).toEqual(found);
    for (const ip of addresses) expect(await finder.find({ ip })).toEqual(found);
  });

  test.each([
    ['nobody has', { ip: '10.9.9.9' }],
    ['there is not', { id: 'i-0fedcba9876543210' }],
    ['EC2 calls malformed', { id: 'i-0' }],
  ])('that %s is none', async (_, by) => {
    await using given = await withInstance();
    expect(await given.finder.find(by)).toEqual([]);
  });

  test('that has terminated is none', async () => {
    await using given = await withInstance();
    given.aws.instances.setState(given.launched.instanceId, 'terminated');
    expect(await given.finder.find({ id: given.launched.instanceId })).toEqual([]);
  });

  test('that is shutting down is found: its targets may still drain', async () => {
    await using given = await withInstance();
    given.aws.instances.setState(given.launched.instanceId, 'shutting-down');
    expect(await given.finder.find({ id: given.launched.instanceId })).toHaveLength(1);
  });

  test('may be registered by every address of its delegated prefixes: pods have them', async () => {
    const finder = instanceFinder(answering(WITH_PREFIX));
    const [found] = await finder.find({ id: 'i-0123456789abcdef0' });
    const inPrefix = Array.from({ length: 16 }, (_, offset) => `10.0.3.${16 + offset}`);
    expect(found?.addresses).toEqual(['10.0.1.5', ...inPrefix, 'fd00::5']);
  });
});

const WITH_PREFIX = `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item>
  <instancesSet><item><instanceId>i-0123456789abcdef0</instanceId><vpcId>vpc-1</vpcId><networkInterfaceSet><item>
    <privateIpAddressesSet><item><privateIpAddress>10.0.1.5</privateIpAddress></item></privateIpAddressesSet>
    <ipv4PrefixSet><item><ipv4Prefix>10.0.3.16/28</ipv4Prefix></item></ipv4PrefixSet>
    <ipv6AddressesSet><item><ipv6Address>fd00::5</ipv6Address></item></ipv6AddressesSet>
  </item></networkInterfaceSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;

/** A client whose every call gets this answer. */
function answering(xml: string): EC2Client {
  const response = new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.from(xml) });
  return new EC2Client({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: { handle: () => Promise.resolve({ response }) },
  });
}
