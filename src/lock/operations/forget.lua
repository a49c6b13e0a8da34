local mark = redis.call('GET', DONE) local left = redis.call('PTTL', DONE) redis.call('DEL', DONE) return {
    'forgotten', mark or '', left
}
