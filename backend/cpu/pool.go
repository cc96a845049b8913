package cpu

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/longrun-ai/longrun/asm"
)

// A job is work in chunks that may run in any order, at the same time, on any worker.
type job interface {
	chunk(worker, i int)
}

// A pool is n threads, the caller of do being one. Chunks are claimed one by one, so that a thread which the system
// takes away delays nobody but the chunk it holds. A thread that waits spins: waking a sleeping one costs 100 µs on
// virtual machines, more than most operations take.
type pool struct {
	n     int
	spin  time.Duration // how long idle workers wait awake
	job   job           // of the chunks in state
	wakes []sleeper
	wg    sync.WaitGroup

	mu    sync.Mutex
	fault *fault // first panic of the job

	_     line
	state atomic.Uint64 // number of chunks << 32 | how many of them are claimed, or more
	_     line
	done  atomic.Int32 // chunks finished
	_     line
	stop  atomic.Bool
}

// line keeps what threads write apart from what others read.
type line [64]byte

type sleeper struct {
	asleep atomic.Bool
	wake   chan struct{}
	_      line
}

// A fault is a panic in a chunk.
type fault struct {
	chunk int
	value any
}

func newPool(n int) *pool {
	p := &pool{n: n, spin: 200 * time.Microsecond, wakes: make([]sleeper, n)}
	if runtime.GOMAXPROCS(0) < n {
		p.spin = 0 // whoever spins keeps another from working
	}
	for w := 1; w < n; w++ {
		p.wakes[w].wake = make(chan struct{}, 1)
		p.wg.Add(1)
		go p.work(w)
	}
	return p
}

// close stops the workers. It waits for them.
func (p *pool) close() {
	p.stop.Store(true)
	p.wake(p.n)
	p.wg.Wait()
}

// do runs all chunks of j and returns the first panic, nil if there was none.
func (p *pool) do(chunks int, j job) *fault {
	if chunks <= 0 {
		return nil
	}
	p.job = j
	if chunks == 1 || p.n == 1 {
		for i := range chunks {
			p.one(0, i)
		}
	} else {
		p.done.Store(0)
		p.state.Store(uint64(chunks) << 32)
		p.wake(chunks)
		p.drain(0)
		for spun := 1; int(p.done.Load()) != chunks; spun++ {
			relax()
			if spun%1024 == 0 {
				runtime.Gosched() // the worker that holds the last chunk may need this thread's processor
			}
		}
	}
	p.job = nil
	f := p.fault // nobody else is in a chunk
	p.fault = nil
	return f
}

// wake wakes as many sleeping workers as can get one of chunks.
func (p *pool) wake(chunks int) {
	for w := 1; w < min(p.n, chunks); w++ {
		if s := &p.wakes[w]; s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
			s.wake <- struct{}{}
		}
	}
}

// idle reports whether no chunk is to be claimed.
func (p *pool) idle() bool {
	s := p.state.Load()
	return uint32(s) >= uint32(s>>32)
}

// drain claims chunks and runs them until none is left. The claim and the number of chunks are one word: what is added
// to a finished job claims nothing, and a claimed chunk keeps its job from finishing.
func (p *pool) drain(worker int) {
	for !p.idle() {
		s := p.state.Add(1)
		if i := uint32(s) - 1; i < uint32(s>>32) {
			p.one(worker, int(i))
			p.done.Add(1)
		}
	}
}

// one runs a chunk. Being neither inlined nor a leaf, it is also where the garbage collector can stop this thread, which
// otherwise is always in assembly.
//
//go:noinline
func (p *pool) one(worker, i int) {
	defer func() {
		if r := recover(); r != nil {
			p.mu.Lock()
			if p.fault == nil {
				p.fault = &fault{i, r}
			}
			p.mu.Unlock()
		}
	}()
	p.job.chunk(worker, i)
}

func (p *pool) work(w int) {
	defer p.wg.Done()
	runtime.LockOSThread() // never unlocked: the thread ends with the worker
	debug.SetPanicOnFault(true)
	s := &p.wakes[w]
	for !p.stop.Load() {
		if !p.idle() {
			p.drain(w)
			continue
		}
		if p.await() {
			continue
		}
		s.asleep.Store(true)
		if (!p.idle() || p.stop.Load()) && s.asleep.CompareAndSwap(true, false) {
			continue // came in between; the caller does not know that this worker wanted to sleep
		}
		<-s.wake
	}
}

// await spins until there is something to do, and reports false if there was nothing for too long.
func (p *pool) await() bool {
	start := time.Now()
	for {
		for range 64 {
			if !p.idle() || p.stop.Load() {
				return true
			}
			relax()
		}
		if time.Since(start) >= p.spin {
			return false
		}
	}
}

// relax waits for some ten nanoseconds. Like one, it lets the garbage collector stop a thread that spins.
//
//go:noinline
func relax() { asm.Pause() }

func (f *fault) Error() string { return fmt.Sprint(f.value) }
