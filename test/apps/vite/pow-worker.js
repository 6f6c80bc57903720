import 'lotus-p2p/pow-worker'
