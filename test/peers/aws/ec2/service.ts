/** EC2 on the wire: form in, its own XML out, version 2016-11-15. */
import { z } from 'zod';
import { arn, type Account } from '../account.ts';
import { AwsError } from '../wire/aws-error.ts';
import { items } from '../wire/answer.ts';
import { int, strings } from '../wire/fields.ts';
import { readForm } from '../wire/form.ts';
import { pageOf } from '../wire/paging.ts';
import { operation, type Operation, type Service } from '../wire/service.ts';
import { filters, like, type Filter } from './filters.ts';
import { addressesOf, STATE_CODES, type Instance, type Instances, type InstanceState } from './instances.ts';
import { launchTemplateOperations } from './launch-template-operations.ts';
import type { LaunchTemplates } from './launch-templates.ts';
import { statusOperations } from './status-operations.ts';
import { tagOperations } from './tag-operations.ts';
import type { Tags } from './tags.ts';

const paging = { MaxResults: int.min(5).max(1000).optional(), NextToken: z.string().optional() };

export function ec2Service(parts: { instances: Instances; templates: LaunchTemplates; account: Account }): Service {
  const { instances, templates, account } = parts;
  return {
    scope: 'ec2',
    iamPrefix: 'ec2',
    protocol: 'ec2',
    namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    invalidCode: 'InvalidParameterValue',
    deniedCode: 'UnauthorizedOperation',
    operations: {
      ...operations(instances, account),
      ...statusOperations(instances),
      ...tagOperations(instances, account),
      ...launchTemplateOperations(templates, account),
    },
    route: (request) => {
      const parameters = readForm(request.body.toString());
      const { Action } = z.object({ Action: z.string() }).parse(parameters);
      return { action: Action, parameters };
    },
  };
}

function operations(instances: Instances, account: Account): Record<string, Operation> {
  return {
    DescribeInstances: operation({
      input: z.object({ InstanceId: strings, Filter: filters, ...paging }),
      answer: (input) => {
        if (input.InstanceId.length > 0 && input.MaxResults !== undefined) {
          const message = 'The parameter instancesSet cannot be used with the parameter maxResults';
          throw new AwsError('InvalidParameterCombination', message);
        }
        const all = input.InstanceId.length === 0 ? instances.all() : instances.getAll(input.InstanceId);
        const found = all.filter((instance) =>
          input.Filter.every((filter) => passes(instance, instances.shownTags.of(instance), filter)),
        );
        // A page may end before what was asked for does, and may be empty, also where ids are named.
        const gap = Array.from({ length: instances.emptyPages * instances.pageLimit }, () => undefined);
        const size = Math.min(input.MaxResults ?? instances.pageLimit, instances.pageLimit);
        const { page, nextToken } = pageOf([...gap, ...found], size, input.NextToken);
        const told = page.filter((instance) => instance !== undefined);
        const reservations = told.map((instance) =>
          reservationShape(instance, instances.shownTags.of(instance), account),
        );
        return { reservationSet: items(reservations), nextToken };
      },
    }),
    TerminateInstances: operation({
      input: z.object({ InstanceId: strings }),
      resources: (input) =>
        input.InstanceId.map((id) => ({
          arn: arn(account, 'ec2', `instance/${id}`),
          tags: instances.find(id)?.tags ?? {},
        })),
      answer: (input) => {
        // All or none: «If you specify an instance that doesn't exist … the request fails».
        const found = instances.getAll(input.InstanceId);
        for (const instance of found) refuseProtected(instance);
        const changes = found.map((instance) => {
          const previousState = stateShape(instance.state);
          instances.terminate(instance.instanceId);
          return { instanceId: instance.instanceId, currentState: stateShape(instance.state), previousState };
        });
        return { instancesSet: items(changes) };
      },
    }),
  };
}

function refuseProtected({ instanceId, disableApiTermination }: Instance): void {
  if (!disableApiTermination) return;
  const message = `The instance '${instanceId}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`;
  throw new AwsError('OperationNotPermitted', message);
}

function stateShape(state: InstanceState): { code: number; name: string } {
  return { code: STATE_CODES[state], name: state };
}

function reservationShape(instance: Instance, tags: Tags, account: Account): Record<string, unknown> {
  return {
    reservationId: `r-${instance.instanceId.slice(2)}`,
    ownerId: account.accountId,
    instancesSet: items([
      {
        instanceId: instance.instanceId,
        imageId: instance.imageId,
        instanceType: instance.instanceType,
        instanceState: stateShape(instance.state),
        // EC2 shows an empty name for an instance that has none any more.
        privateDnsName: instance.privateDnsName ?? '',
        ...networkShape(instance),
        launchTime: instance.launchedAt,
        placement: { availabilityZone: instance.zone, groupName: '', tenancy: 'default' },
        tagSet: items(Object.entries(tags).map(([key, value]) => ({ key, value }))),
        ...(instance.purchase && { instanceLifecycle: instance.purchase }),
        ...(instance.capacityReservationId && { capacityReservationId: instance.capacityReservationId }),
      },
    ]),
  };
}

/** A terminated instance has left its VPC. */
function networkShape(instance: Instance): Record<string, unknown> {
  if (instance.state === 'terminated') return {};
  const { vpcId, subnetId, privateIp: privateIpAddress, createdAt: attachTime } = instance;
  const addresses = addressesOf(instance).map((address, index) => ({
    privateIpAddress: address,
    primary: index === 0,
  }));
  return {
    vpcId,
    subnetId,
    privateIpAddress,
    networkInterfaceSet: items([
      {
        vpcId,
        subnetId,
        privateIpAddress,
        attachment: { deviceIndex: 0, status: 'attached', attachTime },
        privateIpAddressesSet: items(addresses),
      },
    ]),
  };
}

function passes(instance: Instance, tags: Tags, { Name: name, Value: values }: Filter): boolean {
  const anyOf = (found: string): boolean => values.some((pattern) => like(pattern, found));
  if (name.startsWith('tag:')) {
    const value = tags[name.slice('tag:'.length)];
    return value !== undefined && anyOf(value);
  }
  if (name === 'tag-key') return Object.keys(tags).some(anyOf);
  const addresses = addressesOf(instance);
  const living = instance.state !== 'terminated';
  const fields: Readonly<Record<string, readonly string[]>> = {
    'instance-id': [instance.instanceId],
    'private-dns-name': [instance.privateDnsName ?? ''],
    'private-ip-address': addresses.slice(0, 1),
    'network-interface.addresses.private-ip-address': addresses,
    'vpc-id': living ? [instance.vpcId] : [],
    'subnet-id': living ? [instance.subnetId] : [],
    'instance-state-name': [instance.state],
    'availability-zone': [instance.zone],
    'instance-type': [instance.instanceType],
    'image-id': [instance.imageId],
    'capacity-reservation-id': [instance.capacityReservationId ?? []].flat(),
  };
  const field = fields[name];
  if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return field.some(anyOf);
}
