import { defineConfig } from 'vitepress'

/** The anchors that GitHub gives to headings, so that one link serves there, in the package and here. */
const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const guide = (text, name) => ({ text, link: `/docs/guide/${name}` })
const page = (text, name) => ({ text, link: `/docs/${name}` })

export default defineConfig({
  title: 'lotus-p2p',
  description: 'Peer-to-peer SDK for wallets: find each other, talk privately, run protocols with several parties.',
  srcDir: '.pages',
  outDir: '.dist',
  base: process.env.DOCS_BASE ?? '/',
  rewrites: { 'README.md': 'index.md' },
  // Any other link that leads nowhere fails the build.
  ignoreDeadLinks: [/\/LICENSE$/],
  head: [['link', { rel: 'icon', href: '/favicon.svg' }]],
  // Braces are no attributes, and no expressions of Vue.
  markdown: { anchor: { slugify }, attrs: { disable: true }, config: plain },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Quick start', link: '/#quick-start' },
      { text: 'Guides', link: '/docs/' },
      { text: 'Errors', link: '/docs/errors' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      {
        text: 'Guides',
        items: [
          { text: 'Quick start', link: '/' },
          guide('Connect', 'connect'),
          guide('Send, ask, publish', 'send'),
          guide('A protocol of your own', 'own-protocol'),
          page('Protocols of several parties', 'protocols'),
          page('Signing together (MuSig2)', 'musig2'),
          page('Mixing (CoinJoin)', 'coinjoin'),
          page('Mail', 'mail'),
          page('Onion', 'onion'),
          guide('Resources', 'resources'),
          guide('Identity and workers', 'identity'),
          guide('Two tabs', 'two-tabs'),
          guide('Offline', 'offline'),
          guide('Recipes', 'recipes'),
          guide('Security for wallets', 'security'),
          guide('Testing', 'testing'),
          guide('Troubleshooting', 'troubleshooting'),
          guide('Questions', 'faq'),
        ],
      },
      {
        text: 'Operation',
        items: [
          page('Running a relay', 'relay'),
          page('Many processes behind one name', 'cluster'),
          page('Operating relays', 'operating'),
          page('Conformance', 'conformance'),
          page('Eclipse', 'eclipse'),
          page('Who learns what', 'privacy'),
        ],
      },
      {
        text: 'Reference',
        items: [
          { text: 'API', link: '/api/index.html', target: '_self' },
          page('Errors by code', 'errors'),
          page('Plugins', 'plugins'),
          page('Limits', 'limits'),
          page('Sizes', 'sizes'),
          page('Performance', 'performance'),
          page('Glossary', 'glossary'),
        ],
      },
      {
        text: 'Inside',
        items: [
          page('Architecture', 'architecture'),
          page('Wire protocol', 'wire-protocol'),
          page('Threat model', 'threat-model'),
          page('Fuzzing', 'fuzzing'),
          { text: 'Security', link: '/SECURITY' },
          { text: 'Contributing', link: '/CONTRIBUTING' },
          { text: 'Changes', link: '/CHANGELOG' },
        ],
      },
    ],
  },
})

/** The documents are plain Markdown: braces in them are no expressions of Vue. What stands after a fence may be more than a language, or one without colours. */
function plain(md) {
  md.renderer.rules.text = (tokens, index) => md.utils.escapeHtml(tokens[index].content).replaceAll('{{', '&#123;&#123;')
  md.core.ruler.push('languages', ({ tokens }) => {
    for (const token of tokens) if (token.type === 'fence') token.info = token.info.split(' ')[0].replace('cddl', 'txt')
  })
}
