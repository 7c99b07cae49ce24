/** Writes plain objects as XML: a list repeats its element, `@name` is an attribute, an empty value an empty element. */
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function writeXml(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map((each) => writeXml(name, each)).join('');
  if (typeof value !== 'object') return element(name, '', escape(text(value)));
  const fields = Object.entries(value);
  const attributes = fields.filter(([field]) => field.startsWith('@'));
  const children = fields.filter(([field]) => !field.startsWith('@'));
  return element(
    name,
    attributes.map(([field, each]) => ` ${field.slice(1)}="${escape(text(each))}"`).join(''),
    children.map(([field, each]) => writeXml(field, each)).join(''),
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function element(name: string, attributes: string, content: string): string {
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ESCAPES[char] ?? char);
}
