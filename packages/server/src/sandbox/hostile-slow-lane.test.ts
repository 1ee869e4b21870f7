import { describeHostileMatrix } from './hostile-matrix.ts'

describeHostileMatrix('slow')
