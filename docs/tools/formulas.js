// Draws formulas: reads [{tex, display}, …] as JSON from standard input and writes [{svg, mathml}, …], or {error}
// for one that is wrong. Run by book_math.py as: node formulas.js FOLDER, which has MathJax 3 in it.

const path = require('path');
const folder = path.resolve(process.argv[2]);

const settings = {
  loader: { load: ['adaptors/liteDOM', 'input/tex', 'output/svg'], paths: { mathjax: folder } },
  startup: { typeset: false },
  tex: { formatError: (jax, error) => { throw error; } },
  svg: { fontCache: 'none' },  // each picture is complete, so a page may have it twice and any reader shows it
};

async function main() {
  const MathJax = await require(path.join(folder, 'node-main.js')).init(settings);
  const adaptor = MathJax.startup.adaptor;
  const draw = ({ tex, display }) => {
    try {
      const svg = adaptor.firstChild(MathJax.tex2svg(tex, { display }));
      return { svg: adaptor.outerHTML(svg), mathml: MathJax.tex2mml(tex, { display }) };
    } catch (error) {
      return { error: error.message };
    }
  };
  const formulas = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify(formulas.map(draw)));
}

main();
