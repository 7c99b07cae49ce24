/**
 * The peer does what the cases say a Kubernetes API server does (contract 12): as a whole cluster, and as an API server
 * alone.
 */
import { conformance } from './conformance.ts';
import { bareApiPeer, wholePeer } from './subjects.ts';

conformance('the peer', ['api', 'controllers', 'faults'], wholePeer);
conformance('the peer without controllers', ['api'], bareApiPeer);
