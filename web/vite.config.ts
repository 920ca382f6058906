/**
 * One project, four entries (phone, console, owner, sandbox) and one hand-written service worker.
 *
 *   phone.html ─┐
 *   console.html ├─> dist/*.html + dist/assets/*   (served by the backend under "/", nothing from a CDN)
 *   owner.html  ─┤
 *   sandbox.html ┘
 *   src/phone/sw.js ─> dist/sw.js, with the list of the phone's own files and a version made from it
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Files the phone needs without network: its entry, everything that entry imports, and their styles. */
function phoneServiceWorker(): Plugin {
  return {
    name: 'suicha-phone-sw',
    generateBundle(_options, bundle) {
      const source = here('./src/phone/sw.js')
      if (!existsSync(source)) return
      const files = new Set<string>()
      const visit = (name: string) => {
        const chunk = bundle[name]
        if (!chunk || chunk.type !== 'chunk' || files.has(`/${name}`)) return
        files.add(`/${name}`)
        for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(`/${css}`)
        for (const asset of chunk.viteMetadata?.importedAssets ?? []) files.add(`/${asset}`)
        for (const next of [...chunk.imports, ...chunk.dynamicImports]) visit(next)
      }
      const entry = Object.values(bundle).find((chunk) => chunk.type === 'chunk' && chunk.isEntry && chunk.name === 'phone')
      if (!entry) throw new Error('the phone has no script: look at phoneServiceWorker')
      visit(entry.fileName)
      const shell = [...files].sort()
      const body = readFileSync(source, 'utf8')
      const version = createHash('sha256').update(JSON.stringify(shell)).update(body).digest('hex').slice(0, 12)
      this.emitFile({
        type: 'asset',
        fileName: 'sw.js',
        source: body.replace('"__SHELL__"', JSON.stringify(shell)).replace('"__ENTRY__"', JSON.stringify(`/${entry.fileName}`)).replace('__VERSION__', version),
      })
    },
  }
}

/** Leaves a .gz beside every script, style and page: the backend sends it as it is (aiohttp's FileResponse looks for it). */
function compressed(): Plugin {
  return {
    name: 'suicha-gzip',
    apply: 'build',
    writeBundle(options, bundle) {
      for (const name of Object.keys(bundle)) {
        const path = `${options.dir}/${name}`
        if (/\.(js|css|html)$/.test(name)) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
      }
    },
  }
}

/**
 * Vant's icon style carries its font as a data URL, which our Content-Security-Policy refuses, and names a CDN as a
 * fallback: make it a file of our own, kept apart and cached for ever, so that no page of ours asks another host.
 */
function ownIconFont(): Plugin {
  const file = here('./node_modules/.suicha/vant-icon.woff2')
  return {
    name: 'suicha-icon-font',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/vant/es/icon/index.css')) return
      const face = /src:url\(data:font\/woff2;[^,]*,([A-Za-z0-9+/=]+)\)[^;}]*/.exec(code)
      if (!face) throw new Error('the icon style of this Vant version looks different: look at ownIconFont')
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, Buffer.from(face[1]!, 'base64'))
      return code.replace(face[0], `src:url("${file}") format("woff2")`)
    },
  }
}

export default defineConfig({
  base: '/',
  plugins: [vue(), ownIconFont(), phoneServiceWorker(), compressed()],
  // tus-js-client names a Node build first; pages and their tests have the browser's.
  resolve: { alias: { '@': here('./src'), 'tus-js-client': here('./node_modules/tus-js-client/lib.esm/browser/index.js') } },
  build: {
    target: 'es2020',
    assetsDir: 'assets',
    // Old phones need no source maps and the console's libraries are large on purpose.
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      input: { phone: here('./phone.html'), console: here('./console.html'), owner: here('./owner.html'), sandbox: here('./sandbox.html') },
    },
  },
  test: { environment: 'jsdom', include: ['tests/**/*.test.ts'], restoreMocks: true },
})
