/**
 * The partition of a region, and the domain of its endpoints: China, GovCloud, the European Sovereign Cloud and the ISO
 * regions have their own. Both come from the rules by which the SDK finds its endpoints; there is no list of ours.
 */
import { partition } from '@aws-sdk/core/client';

export interface AwsPartition {
  /** As ARNs have it: `aws`, `aws-cn`, `aws-eusc`, ... */
  readonly name: string;
  /** `amazonaws.com`, `amazonaws.eu`, ... */
  readonly dnsSuffix: string;
}

/** @param region one that the SDK does not know is judged by how it begins, and otherwise taken for one of `aws` */
export function partitionOf(region: string): AwsPartition {
  const { name, dnsSuffix } = partition(region);
  return { name, dnsSuffix };
}
