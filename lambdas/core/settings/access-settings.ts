/** The settings of a cluster that is not EKS: how it is reached (contract 15.1). */
import * as z from 'zod/mini';
import { object, text } from './fields.ts';

/** Forms of a secret's name and of its whole ARN, to which Secrets Manager adds a hyphen and six characters. */
export const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
export const SECRET_ARN = /^arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/;

export const accessSchema = object(
  {
    /** Name or ARN of the secret whose text is a kubeconfig. */
    kubeconfigSecret: text(
      new RegExp(`${SECRET_NAME.source}|${SECRET_ARN.source}`),
      'the name of a secret such as ebb/k8s.example.com, or its whole ARN with its last six characters',
    ),
    /** @default the kubeconfig's current context */
    context: z.optional(text(/^\S(.*\S)?$/, 'the name of a context in the kubeconfig such as ebb@k8s.example.com')),
  },
  '{ "kubeconfigSecret": "ebb/k8s.example.com" }',
);
