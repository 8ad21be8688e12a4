/**
 * Builds the page, `vite build -c inspector/vite.config.ts`: a folder for any static host, and in it `single.html`, one
 * file that holds everything and into which a trace can be put (see `load/embedded.ts`).
 */
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Where `single.html` takes a trace. */
const PLACE = '<!--statewire-trace-->';

/** Writes `single.html` from what was built. */
function singleFile(): Plugin {
  return {
    name: 'single-file',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const page = files.find(({ fileName }) => fileName === 'index.html');
      const code = files.find((file) => file.type === 'chunk' && file.isEntry);
      const style = files.find(({ fileName }) => fileName.endsWith('.css'));
      if (page?.type !== 'asset' || code?.type !== 'chunk' || style?.type !== 'asset')
        throw new Error('the page, its code and its style should be one file each');
      const script = code.code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
      const source = String(page.source)
        .replace(/<script type="module"[^>]*><\/script>/, '')
        .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${String(style.source)}</style>`)
        .replace('</body>', () => `${PLACE}\n<script type="module">${script}</script>\n</body>`);
      this.emitFile({ type: 'asset', fileName: 'single.html', source });
    },
  };
}

export default defineConfig({
  root: here,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: process.env.INSPECTOR_OUT ?? fileURLToPath(new URL('../dist/inspector', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 1 << 20,
    rolldownOptions: { output: { codeSplitting: false } },
    reportCompressedSize: true,
  },
  plugins: [singleFile()],
});
