import { describeHostileRules } from './hostile-rules.ts'

describeHostileRules('fast')
