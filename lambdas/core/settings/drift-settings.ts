/** The settings of drift, and of nodes that fall ill (contract 9). */
import * as z from 'zod/mini';
import { STATUS_CHECKS } from '../aws/status-check.ts';
import { flag, list, object, oneOf, seconds, share, text, wholeNumber } from './fields.ts';
import { TAINT_KEYS, taintEffect, taintKey } from './taint-fields.ts';

const CONDITION = '{ "type": "KernelDeadlock", "seconds": 600 }';
const STATUS_CHECK = '{ "check": "ebs", "seconds": 600 }';

const imageParameter = text(
  /^(arn:[\w-]+:ssm:[\w-]+:\d{12}:parameter\/)?[A-Za-z0-9_.\-/]+\*?$/,
  'the name or ARN of a parameter without its version, or a path with * at its end, such as /images/*',
);

/** The differences that count as drift, and how nodes are replaced for it (contract 9.1–9.4). */
export const driftSchema = object(
  {
    enabled: z._default(flag(), true),
    ami: z._default(flag(), true),
    launchTemplate: z._default(flag(), false),
    instanceType: z._default(flag(), false),
    kubelet: z._default(flag(), false),
    /** Absent: a node of any age may stay. */
    maxAgeSeconds: z.optional(seconds(3_600, 315_360_000, 2_592_000)),
    /** The taint that says that a node has drifted. */
    taint: z.prefault(
      object(
        { key: z._default(taintKey, TAINT_KEYS.drifted), effect: z._default(taintEffect, 'PreferNoSchedule') },
        '{ "key": "example.com/drifted" }',
      ),
      {},
    ),
    /** The taint that lets the sweep drain the node. */
    drainTaint: z.prefault(
      object(
        {
          key: z._default(taintKey, TAINT_KEYS.drain),
          effect: z._default(
            oneOf(['NoSchedule'], 'the sweep drains by this effect alone (contract 9.5)'),
            'NoSchedule',
          ),
        },
        '{ "key": "example.com/drain" }',
      ),
      {},
    ),
    /** SSM parameters from which launch templates take images, besides AWS's own: names, ARNs, or paths ending in *. */
    imageParameters: z._default(list(imageParameter, '["/images/*"]'), []),
    /** A replacement that is not Ready after this long stops its group. */
    replacementTimeoutSeconds: z._default(seconds(60, 86_400, 900), 900),
    /** When more of the cluster's nodes than this share, 0–1, are not Ready, nothing new begins. */
    unhealthyLimit: z.prefault(share('20%'), '20%'),
    /** Node conditions for which Ebb replaces a node, when they have been bad for so long; by default none. */
    conditions: z._default(
      list(
        object(
          {
            type: text(
              /^(?!Ready$)[A-Za-z][-A-Za-z0-9_./]{0,315}$/,
              'the type of a node condition other than Ready, such as KernelDeadlock',
            ),
            status: z._default(oneOf(['True', 'False', 'Unknown']), 'True'),
            seconds: z._default(seconds(60, 86_400, 600), 600),
          },
          CONDITION,
        ),
        `[${CONDITION}]`,
      ),
      [],
    ),
    /** Status checks of EC2 for which Ebb replaces a node, when its instance has failed them for so long; by default none. */
    statusChecks: z._default(
      list(
        object({ check: oneOf(STATUS_CHECKS), seconds: z._default(seconds(60, 86_400, 600), 600) }, STATUS_CHECK),
        `[${STATUS_CHECK}]`,
      ),
      [],
    ),
    /** How many of a group's nodes may count as ill at once. */
    illAtOnce: z._default(wholeNumber('a number of nodes from 1 on, such as 1', { least: 1 }), 1),
  },
  '{ "ami": true, "maxAgeSeconds": 2592000 }',
);
