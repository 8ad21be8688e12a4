/**
 * Builds the page, `vite build -c inspector/vite.config.ts`: a folder for any static host, and in it `single.html`, one
 * file that holds everything and into which a trace can be put (see `load/embedded.ts`). The folder's page comes in
 * pieces: what it needs to show a run and to run the stack, and views and readers that are fetched behind it.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Where `single.html` takes a trace. */
const PLACE = '<!--statewire-trace-->';

/** The build of which all code is in one piece. */
const WHOLE = 'whole';

/** Of the whole build leaves `single.html` and nothing else. */
function singleFile(): Plugin {
  return {
    name: 'single-file',
    enforce: 'post',
    generateBundle({ name }, bundle) {
      if (name !== WHOLE) return;
      const files = Object.values(bundle);
      const page = files.find(({ fileName }) => fileName === 'index.html');
      const code = files.filter((file) => file.type === 'chunk');
      const style = files.filter(({ fileName }) => fileName.endsWith('.css'));
      const [script, sheet] = [code[0], style[0]];
      if (page?.type !== 'asset' || sheet?.type !== 'asset' || code.length + style.length !== 2)
        throw new Error('the page, its code and its style should be one file each');
      const text = script!.code
        .replaceAll('</script', '<\\/script')
        .replaceAll('<!--', '<\\!--')
        // Vite leaves the list of what to load with a piece open where there are no pieces
        .replaceAll('__VITE_PRELOAD__', '[]');
      const source = String(page.source)
        .replace(/<script type="module"[^>]*><\/script>/, '')
        .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${String(sheet.source)}</style>`)
        .replace('</body>', () => `${PLACE}\n<script type="module">${text}</script>\n</body>`);
      for (const { fileName } of files) delete bundle[fileName];
      this.emitFile({ type: 'asset', fileName: 'single.html', source });
    },
  };
}

export default defineConfig({
  root: here,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The compiled engine reads charts and runs none of XState
  resolve: { alias: { xstate: fileURLToPath(new URL('xstate.ts', import.meta.url)) } },
  build: {
    outDir: process.env.INSPECTOR_OUT ?? fileURLToPath(new URL('../dist/inspector', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 1 << 20,
    chunkSizeWarningLimit: 700,
    rolldownOptions: { output: [{ name: 'pieces' }, { name: WHOLE, codeSplitting: false }] },
    reportCompressedSize: true,
  },
  plugins: [singleFile()],
});
