/** What is called how in a model run. */
export const CLUSTER = 'production';
export const GROUP = 'workers';
export const HOOK = 'ebb-drain';
export const INSTANCE = 'i-0123456789abcdef0';
export const OTHER_INSTANCE = 'i-0fedcba9876543210';
export const NODE = 'ip-10-0-1-2.ec2.internal';
