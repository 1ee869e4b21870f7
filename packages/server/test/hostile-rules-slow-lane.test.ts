import { describeHostileRules } from './hostile-rules.ts'

describeHostileRules('slow')
