export const docsStyle = `:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; padding: 0; list-style: none; }
h2 { border-bottom: 2px solid var(--line); }
article { border-bottom: 1px solid var(--line); padding: 0.5rem 0; }
h3, h4 { margin: 0.5rem 0; }
h3 { font-weight: 500; }
dl { margin: 0.25rem 0 0.5rem; }
dd { margin-left: 1.5rem; }
dd dl { border-left: 2px solid var(--line); padding-left: 0.75rem; }
details { background: var(--soft); border-radius: 0.25rem; margin: 0.25rem 0; padding: 0.25rem 0.75rem; }
summary { cursor: pointer; }
`
