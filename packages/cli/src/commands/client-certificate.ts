/** Certificates that prove a client, and names in certificates of an authority, as options. */
import type { ClientCredentialToCreate } from '@tallystick/management-api/contract/client-credentials'
import { type Command, Option } from 'commander'
import { Failure } from '../failure.ts'
import { readText } from '../secret-input.ts'
import { collect } from './option-values.ts'
import { refusePrivateKey } from './public-key-file.ts'

export interface CertificateOptions {
  readonly certificate?: string
  readonly subjectDn?: string
  readonly sanUri?: string
  readonly sanDns?: string
  readonly ca?: readonly string[]
}

/** Their names among parsed options; one of them makes a credential. */
export const certificateOptionNames = ['certificate', 'subjectDn', 'sanUri', 'sanDns'] as const

export function addCertificateOptions(command: Command): Command {
  const options = {
    certificate: new Option(
      '--certificate <file>',
      'its certificate, for self_signed_tls_client_auth; - reads standard input',
    ),
    subjectDn: new Option('--subject-dn <name>', 'its name, for tls_client_auth: CN=billing,O=Example'),
    sanUri: new Option('--san-uri <uri>', 'or a URI, such as spiffe://example.org/billing'),
    sanDns: new Option('--san-dns <host>', 'or a host'),
  }
  for (const name of certificateOptionNames) {
    const others = certificateOptionNames.filter((other) => other !== name)
    command.addOption(options[name].conflicts([...others, ...(name === 'certificate' ? ['ca'] : [])]))
  }
  return command.option(
    '--ca <file>',
    'with a name: certificate of an authority that may certify it; repeatable',
    collect,
  )
}

type Input = Parameters<typeof readText>[1]

/** Undefined where no option names one. */
export async function certificateCredential(
  options: CertificateOptions,
  input: Input,
): Promise<ClientCredentialToCreate | undefined> {
  const { certificate, ca } = options
  if (certificate !== undefined) {
    return { credential_type: 'x509_cert', pem: await readCertificates(certificate, input) }
  }
  const name = nameIn(options)
  if ((name === undefined) !== (ca === undefined)) throw nameWithoutAuthority()
  if (name === undefined) return undefined
  const authorities: string[] = []
  for (const file of ca ?? []) authorities.push(...blocksIn(await readCertificates(file, input)))
  return { ...name, certificate_authorities: authorities }
}

function nameIn({ subjectDn, sanUri, sanDns }: CertificateOptions) {
  if (subjectDn !== undefined) return { credential_type: 'cert_subject_dn' as const, subject_dn: subjectDn }
  if (sanUri !== undefined) return { credential_type: 'cert_san_uri' as const, san_uri: sanUri }
  return sanDns === undefined ? undefined : { credential_type: 'cert_san_dns' as const, san_dns: sanDns }
}

async function readCertificates(file: string, input: Input): Promise<string> {
  const text = await readText(file, input)
  refusePrivateKey(text, 'Send the certificate alone, without its key.')
  return text
}

/** A file of an authority may hold several; a text without any is for the server to judge. */
function blocksIn(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [text]
}

function nameWithoutAuthority(): Failure {
  return new Failure('usage', {
    what: 'A name and the authorities that may certify it belong together.',
    why: 'The same name from another authority is another name.',
    todo: 'Give --subject-dn, --san-uri or --san-dns together with --ca ca.pem.',
  })
}
