/** Nova: microversions, compute services, and what somebody may do who is no administrator (contract 11.1, 11.2). */
import { expect } from 'vitest';
import { disabledReasonOf, isDisabledByUs } from '../../../../lambdas/core/openstack/compute-service.ts';
import { bodyOf, closeHost, expectRefusal, LIVE, openStackCase } from '../openstack-case.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const services = [
  openStackCase('a version that is too new is a 406 that names the bounds', async (subject) => {
    const reply = await subject.nova('/os-services', { version: '2.999' });
    expectRefusal(reply, 406, /^Version 2\.999 is not supported by the API\. Minimum is 2\.1 and maximum is 2\.\d+\.$/);
  }),

  openStackCase('a version that is none is a 400', async (subject) => {
    const reply = await subject.nova('/os-services', { version: 'abc' });
    expectRefusal(reply, 400, 'API Version String abc is of invalid format. Must be of format MajorNum.MinorNum.');
  }),

  openStackCase('every answer names its version, and without a header it is 2.1', async (subject) => {
    expect((await subject.nova('/os-services')).headers.get('openstack-api-version')).toBe('compute 2.65');
    expect((await subject.nova('/os-services', { version: '' })).headers.get('openstack-api-version')).toBe(
      'compute 2.1',
    );
  }),

  openStackCase('the service of a host has a uuid, and a number in old versions', async (subject) => {
    const [host] = subject.hosts;
    const found = bodyOf(await subject.nova(`/os-services?binary=nova-compute&host=${host}`)).services;
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ host, status: 'enabled', disabled_reason: null });
    expect(found[0]?.id).toMatch(UUID);
    const old = bodyOf(
      await subject.nova(`/os-services?binary=nova-compute&host=${host}`, { version: '2.1' }),
    ).services;
    expect(typeof old[0]?.id).toBe('number');
  }),

  openStackCase('an unknown host has no service, and that is no error', async (subject) => {
    expect(bodyOf(await subject.nova('/os-services?binary=nova-compute&host=nope')).services).toEqual([]);
    expect(await subject.cloud.services('nope')).toEqual([]);
  }),

  openStackCase('a service is disabled with a reason, and its reason goes as it is enabled', async (subject) => {
    const [host] = subject.hosts;
    const [service] = await subject.cloud.services(host);
    if (service === undefined) throw new Error('the host has no service');
    await subject.cloud.disable(service, disabledReasonOf('ebb', 'node hv-a is retired'));
    const [disabled] = await subject.cloud.services(host);
    expect(disabled).toMatchObject({ isEnabled: false, isUp: true, disabledReason: 'Ebb (ebb): node hv-a is retired' });
    expect(disabled && isDisabledByUs(disabled, 'ebb')).toBe(true);
    await subject.cloud.enable(service);
    const [enabled] = await subject.cloud.services(host);
    expect(enabled).toMatchObject({ isEnabled: true });
    expect(enabled).not.toHaveProperty('disabledReason');
  }),

  openStackCase('a reason of somebody else is not Ebb’s', async (subject) => {
    const [host] = subject.hosts;
    await closeHost(subject, host);
    const [service] = await subject.cloud.services(host);
    expect(service).toMatchObject({ isEnabled: false, disabledReason: 'closed by a person' });
    expect(service && isDisabledByUs(service, 'ebb')).toBe(false);
  }),

  openStackCase('a reason beside `enabled`, and one that is too long, are a 400', async (subject) => {
    const [host] = subject.hosts;
    const [{ id } = { id: '' }] = bodyOf(await subject.nova(`/os-services?binary=nova-compute&host=${host}`)).services;
    const change = (body: object) => subject.nova(`/os-services/${String(id)}`, { method: 'PUT', body });
    expectRefusal(
      await change({ status: 'enabled', disabled_reason: 'x' }),
      400,
      "Specifying 'disabled_reason' with status 'enabled' is invalid.",
    );
    expectRefusal(await change({ status: 'disabled', disabled_reason: 'x'.repeat(256) }), 400, /is too long$/);
  }),

  openStackCase('an unknown service is a 404', async (subject) => {
    const path = '/os-services/00000000-0000-4000-8000-000000000000';
    expectRefusal(
      await subject.nova(path, { method: 'PUT', body: { status: 'enabled' } }),
      404,
      'Service 00000000-0000-4000-8000-000000000000 could not be found.',
    );
  }),

  openStackCase(
    'who is no administrator is refused with the policy’s name, whatever is asked of other tenants',
    async (subject) => {
      const id = await subject.seed('vm', { tenant: 'tenant-b' });
      const who = 'plain';
      const refused = /^Policy doesn't allow os_compute_api:([\w:-]+) to be performed\.$/;
      expectRefusal(await subject.nova('/os-services', { who }), 403, refused);
      expectRefusal(await subject.nova('/servers/detail?all_tenants=1', { who }), 403, refused);
      expectRefusal(await subject.nova(`/os-migrations?source_compute=${subject.hosts[0]}`, { who }), 403, refused);
      const live = await subject.nova(`/servers/${id}/action`, { method: 'POST', body: LIVE, who });
      expectRefusal(live, 403, refused);
    },
  ),

  openStackCase(
    'who is no administrator gets all of their own guests for any `host`, and sees no host',
    async (subject) => {
      const id = await subject.seed('vm', { tenant: 'tenant-b' });
      const others = await subject.seed('vm', { tenant: 'admin' });
      const { servers } = bodyOf(await subject.nova('/servers/detail?host=no-such-host', { who: 'plain' }));
      expect(servers.map((server) => server.id)).toContain(id);
      expect(servers[0]).not.toHaveProperty('OS-EXT-SRV-ATTR:host');
      expectRefusal(await subject.nova(`/servers/${others}`, { who: 'plain' }), 404, /could not be found/);
    },
  ),
];
