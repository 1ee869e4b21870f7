import { describeHostileMatrix } from '../../test/sandbox/hostile-matrix.ts'

describeHostileMatrix('slow')
