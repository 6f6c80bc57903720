const worker = new Worker('bundle.js', { type: 'module' })
worker.onmessage = ({ data }) => {
  document.title = data
}
worker.postMessage(new URLSearchParams(location.search).get('relay'))
