import { tellContract } from './tell.js';

await tellContract(1, 3);
