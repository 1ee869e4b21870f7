/**
 * What the tokens of real issuers say, each with all the claims that such a token has and the header that it has. Where a
 * claim is `undefined`, the issuer leaves out what others send.
 */
import { randomUUID } from 'node:crypto'
import type { ForeignAlgorithm, Json } from './foreign-issuers.ts'

export interface WorkloadKind {
  readonly name: string
  readonly algorithm: ForeignAlgorithm
  readonly header: Json
  /** Beside `iss` and `aud`. */
  readonly claims: (seconds: number) => Json
  /** What the tenant asks of such a token. */
  readonly match: {
    readonly sub?: string
    readonly claims?: Record<string, string | Record<string, string | Record<string, string>>>
  }
  readonly subOfAnother: string
  /** It names its audiences in a list, also where there is one. */
  readonly isAudienceList?: true
  /** Of the trusted issuer, where the defaults do not do. */
  readonly settings?: { readonly max_token_lifetime?: number; readonly token_reuse?: 'until_expiry' }
  readonly jwkMembers?: Json
}

const github: WorkloadKind = {
  name: 'github-actions',
  algorithm: 'RS256',
  header: { x5t: 'ykNaY4qM_ta4k2TgZOCEYLkcYlA' },
  claims: (seconds) => ({
    jti: randomUUID(),
    sub: 'repo:acme@65/app@74:ref:refs/heads/main',
    ref: 'refs/heads/main',
    sha: 'c1f7a2a4f1e0a6d3b4a5968778695a4b3c2d1e0f',
    repository: 'acme/app',
    repository_owner: 'acme',
    repository_owner_id: '65',
    run_id: '11723',
    run_number: '10',
    run_attempt: '2',
    repository_visibility: 'private',
    repository_id: '74',
    actor_id: '12',
    actor: 'someone',
    workflow: 'deploy',
    head_ref: '',
    base_ref: '',
    event_name: 'push',
    ref_protected: 'true',
    ref_type: 'branch',
    workflow_ref: 'acme/app/.github/workflows/deploy.yml@refs/heads/main',
    workflow_sha: 'c1f7a2a4f1e0a6d3b4a5968778695a4b3c2d1e0f',
    job_workflow_ref: 'acme/app/.github/workflows/deploy.yml@refs/heads/main',
    job_workflow_sha: 'c1f7a2a4f1e0a6d3b4a5968778695a4b3c2d1e0f',
    runner_environment: 'github-hosted',
    check_run_id: '48213',
    enterprise: 'acme',
    enterprise_id: '9',
    nbf: seconds - 600,
    exp: seconds + 300,
    iat: seconds,
  }),
  match: { sub: 'repo:acme@65/app@74:*', claims: { repository_owner_id: '65' } },
  // The same names, given up and taken by somebody else.
  subOfAnother: 'repo:acme@66/app@75:ref:refs/heads/main',
}

/** Of a repository from before July 2026, or of GitHub Enterprise Server: the numbers are claims alone. */
const githubByName: WorkloadKind = {
  ...github,
  name: 'github-actions-by-name',
  claims: (seconds) => ({ ...github.claims(seconds), sub: 'repo:acme/app:ref:refs/heads/main' }),
  match: { sub: 'repo:acme/app:*', claims: { repository_id: '74' } },
  subOfAnother: 'repo:acme/app-evil:ref:refs/heads/main',
}

const gitlab: WorkloadKind = {
  name: 'gitlab',
  algorithm: 'RS256',
  header: {},
  claims: (seconds) => ({
    namespace_id: '72',
    namespace_path: 'acme',
    project_id: '20',
    project_path: 'acme/app',
    user_id: '1',
    user_login: 'someone',
    user_email: 'someone@example.com',
    user_access_level: 'developer',
    user_identities: [{ provider: 'github', extern_uid: '2435223452345' }],
    groups_direct: ['acme'],
    job_namespace_id: '72',
    job_namespace_path: 'acme',
    job_project_id: '20',
    job_project_path: 'acme/app',
    pipeline_id: '574',
    pipeline_source: 'push',
    job_id: '302',
    ref: 'main',
    ref_type: 'branch',
    ref_path: 'refs/heads/main',
    ref_protected: 'true',
    environment: 'production',
    environment_protected: 'true',
    deployment_tier: 'production',
    runner_id: 1,
    runner_environment: 'self-hosted',
    sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    project_visibility: 'private',
    ci_config_ref_uri: 'gitlab.example.com/acme/app//.gitlab-ci.yml@refs/heads/main',
    ci_config_sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    jti: randomUUID(),
    iat: seconds,
    nbf: seconds - 5,
    exp: seconds + 3600,
    sub: 'project_path:acme/app:ref_type:branch:ref:main',
  }),
  match: { sub: 'project_path:acme/app:ref_type:branch:ref:main', claims: { ref_protected: 'true' } },
  subOfAnother: 'project_path:acme/app:ref_type:branch:ref:main-evil',
}

const kubernetes: WorkloadKind = {
  name: 'kubernetes',
  algorithm: 'RS256',
  header: { typ: undefined },
  claims: (seconds) => ({
    exp: seconds + 600,
    iat: seconds,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace: 'prod',
      node: { name: 'node-1', uid: '517eb86e-b863-451b-bf70-86cb61439a3a' },
      pod: { name: 'billing-7d9f', uid: '0d8b260e-ef0e-45fb-be8e-ff44f97722e8' },
      serviceaccount: { name: 'billing', uid: 'e6a8680e-d103-4cce-80ea-03acbbeacf7d' },
    },
    nbf: seconds,
    sub: 'system:serviceaccount:prod:billing',
  }),
  match: {
    sub: 'system:serviceaccount:prod:billing',
    claims: { 'kubernetes.io': { serviceaccount: { uid: 'e6a8680e-d103-4cce-80ea-03acbbeacf7d' } } },
  },
  subOfAnother: 'system:serviceaccount:prod:billing-evil',
  isAudienceList: true,
  // The file is written anew before its token expires, and read by each request until then.
  settings: { token_reuse: 'until_expiry' },
}

const spiffe: WorkloadKind = {
  name: 'spiffe',
  algorithm: 'ES256',
  header: {},
  // Neither `iss` nor `jti`: a JWT-SVID needs `sub`, `aud` and `exp`.
  claims: (seconds) => ({
    iss: undefined,
    exp: seconds + 300,
    iat: seconds,
    sub: 'spiffe://acme.example/ns/prod/sa/billing',
  }),
  isAudienceList: true,
  match: { sub: 'spiffe://acme.example/ns/*/sa/billing' },
  subOfAnother: 'spiffe://acme.example/ns/prod/sa/billing/evil',
  jwkMembers: { use: 'jwt-svid' },
}

const aws: WorkloadKind = {
  name: 'aws',
  algorithm: 'ES384',
  header: {},
  claims: (seconds) => ({
    sub: 'arn:aws:iam::123456789012:role/billing',
    iat: seconds,
    exp: seconds + 900,
    jti: randomUUID(),
    'https://sts.amazonaws.com/': {
      aws_account: '123456789012',
      source_region: 'eu-central-1',
      org_id: 'o-abc1234567',
      ou_path: 'o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/',
      principal_tags: { environment: 'production' },
      request_tags: { job: 'nightly' },
    },
  }),
  match: {
    sub: 'arn:aws:iam::123456789012:role/billing',
    claims: { 'https://sts.amazonaws.com/': { org_id: 'o-abc1234567' } },
  },
  subOfAnother: 'arn:aws:iam::123456789012:role/billing-evil',
}

const gcp: WorkloadKind = {
  name: 'gcp',
  algorithm: 'RS256',
  header: {},
  // No `jti`; the `sub` is a number that looks like an id of a client.
  claims: (seconds) => ({
    azp: '113475438248934895348',
    email: 'billing@acme.iam.gserviceaccount.com',
    email_verified: true,
    exp: seconds + 3600,
    google: {
      compute_engine: {
        instance_creation_timestamp: seconds - 90_000,
        instance_id: '152986662232938449',
        instance_name: 'billing-1',
        project_id: 'acme',
        project_number: 739419398126,
        zone: 'europe-west3-a',
      },
    },
    iat: seconds,
    sub: '113475438248934895348',
  }),
  match: { sub: '113475438248934895348', claims: { google: { compute_engine: { project_id: 'acme' } } } },
  subOfAnother: '1134754382489348953480',
}

const entra: WorkloadKind = {
  name: 'entra',
  algorithm: 'RS256',
  header: { x5t: 'L1KfKFI_jnXbwWc22xZxw1sUHH0' },
  claims: (seconds) => ({
    iat: seconds - 300,
    nbf: seconds - 300,
    exp: seconds + 86_100,
    aio: 'k2BgYFhfJ8l7',
    appid: '7d3a1b0e-6c0f-4c1e-9d3f-5b2a8e4c9f10',
    appidacr: '2',
    idp: 'https://sts.windows.net/0a1b2c3d-0000-4000-8000-9e8f7a6b5c4d/',
    idtyp: 'app',
    oid: '3f5d2c1b-1111-4222-8333-444455556666',
    rh: '1.AXkA',
    sub: '3f5d2c1b-1111-4222-8333-444455556666',
    tid: '0a1b2c3d-0000-4000-8000-9e8f7a6b5c4d',
    uti: 'm0xMZ1cUzkqU',
    ver: '1.0',
    xms_mirid:
      '/subscriptions/0/resourcegroups/acme/providers/Microsoft.ManagedIdentity/userAssignedIdentities/billing',
  }),
  match: {
    claims: {
      tid: '0a1b2c3d-0000-4000-8000-9e8f7a6b5c4d',
      oid: '3f5d2c1b-1111-4222-8333-444455556666',
    },
  },
  subOfAnother: '3f5d2c1b-1111-4222-8333-444455556667',
  settings: { max_token_lifetime: 86_400 },
}

export const workloadKinds: readonly WorkloadKind[] = [
  github,
  githubByName,
  gitlab,
  kubernetes,
  spiffe,
  aws,
  gcp,
  entra,
]
