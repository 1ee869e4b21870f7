import { describeHostileMatrix } from './hostile-matrix.ts'

describeHostileMatrix('fast')
