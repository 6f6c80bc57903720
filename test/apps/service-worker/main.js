await navigator.serviceWorker.register('bundle.js')
const { active } = await navigator.serviceWorker.ready
navigator.serviceWorker.addEventListener('message', ({ data }) => {
  document.title = data
})
active.postMessage(new URLSearchParams(location.search).get('relay'))
