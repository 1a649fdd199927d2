import { tellContract } from './tell.js';

await tellContract(0, 3);
