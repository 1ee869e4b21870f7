export const bundleOfModule: Readonly<
  Record<string, { readonly bundle?: string; readonly member?: string; readonly global?: string }>
>
export const bundleOfGlobal: Readonly<Record<string, string>>
export const internalPrefix: string
