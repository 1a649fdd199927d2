import { tellContract } from './tell.js';

await tellContract(2, 3);
