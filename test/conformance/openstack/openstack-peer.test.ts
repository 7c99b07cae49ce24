/** The peer does what the cases say of Keystone and Nova (contract 11). */
import { openStackSuite } from './openstack-suite.ts';
import { peerSubject } from './peer-subject.ts';

openStackSuite('the OpenStack peer', peerSubject);
