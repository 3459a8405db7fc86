// Reads a JSON list of Markdown comments, writes a JSON list of what GitHub's page would have of each:
// its elements in order, the columns of every table row, where links lead to, and the text outside of code.
import rehypeRaw from 'rehype-raw'
import rehypeSanitize from 'rehype-sanitize'
import remarkBreaks from 'remark-breaks'
import remarkGfm from 'remark-gfm'
import remarkGithub from 'remark-github'
import remarkParse from 'remark-parse'
import remarkRehype from 'remark-rehype'
import {unified} from 'unified'

const processor = unified()
  .use(remarkParse)
  .use(remarkGfm)
  .use(remarkBreaks) // a comment turns newlines into breaks
  .use(remarkGithub, {repository: 'acme/shop'})
  .use(remarkRehype, {allowDangerousHtml: true})
  .use(rehypeRaw)
  .use(rehypeSanitize)

function walk(node, page, inCode) {
  if (node.type === 'text' && !inCode) page.text += node.value
  if (node.type === 'element') {
    page.tags.push(node.tagName)
    if (node.tagName === 'a') page.links.push(String(node.properties.href))
    if (node.tagName === 'tr') page.columns.push(node.children.filter((one) => one.type === 'element').length)
  }
  const isCode = inCode || node.tagName === 'code'
  if (isCode && !inCode) page.text += ' '
  for (const child of node.children ?? []) walk(child, page, isCode)
  if (node.type === 'element' && !['code', 'a', 'strong', 'em'].includes(node.tagName)) page.text += '\n'
}

let input = ''
process.stdin.setEncoding('utf8')
for await (const chunk of process.stdin) input += chunk

const pages = JSON.parse(input).map((markdown) => {
  const page = {tags: [], links: [], columns: [], text: ''}
  walk(processor.runSync(processor.parse(markdown)), page, false)
  return page
})
process.stdout.write(JSON.stringify(pages))
