// Package cpu runs graphs on this machine's processor: asm's kernels, a pool of threads that spins, and programs which
// allocate nothing from step to step.
package cpu

import (
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/longrun-ai/longrun/asm"
	"github.com/longrun-ai/longrun/backend"
	"github.com/longrun-ai/longrun/graph"
	"github.com/longrun-ai/longrun/tensor"
)

// A Driver opens the CPU. The zero value is ready.
type Driver struct {
	Threads int    // 0: one a core, at most GOMAXPROCS
	Tier    string // of asm.Tiers; "": the best this CPU has
}

// MaxThreads is the most threads a Driver uses: the Go runtime ends a program that has ten thousand.
const MaxThreads = 1024

// Name is "cpu".
func (Driver) Name() string { return "cpu" }

// Open returns one device. It fails if this CPU does not have the tier that is asked for.
func (d Driver) Open() ([]backend.Device, error) {
	tiers := asm.Tiers()
	k := &tiers[len(tiers)-1]
	if d.Tier != "" {
		var names []string
		k = nil
		for i := range tiers {
			names = append(names, tiers[i].Tier)
			if tiers[i].Tier == d.Tier {
				k = &tiers[i]
			}
		}
		if k == nil {
			return nil, fmt.Errorf("cpu: this CPU has no tier %q, it has %s", d.Tier, strings.Join(names, ", "))
		}
	}
	n := d.Threads
	if n < 0 || n > MaxThreads {
		return nil, fmt.Errorf("cpu: %d threads: 1 to %d are possible, 0 means one a core", n, MaxThreads)
	}
	if n == 0 {
		n = min(cores(), runtime.GOMAXPROCS(0))
	}
	return []backend.Device{&device{kernels: k, pool: newPool(n), vectors: map[vectorKey][]float32{}}}, nil
}

type device struct {
	kernels *asm.Kernels
	pool    *pool

	vectors map[vectorKey][]float32 // weights that are used as float32s, converted once for all programs

	mu      sync.Mutex
	regions []region
	closed  bool
}

// vectorKey is where a weight lies: tensors of one name may differ between graphs.
type vectorKey struct {
	first *byte
	elems int
}

func (*device) Name() string   { return "cpu" }
func (d *device) Tier() string { return d.kernels.Tier }

// Memory is what the system says it could give without swapping.
func (*device) Memory() (free, total int64) { return memory() }

// Alloc returns memory outside Go's heap where the system has such.
func (d *device) Alloc(n int64) (tensor.Buffer, error) {
	if n < 0 || n != int64(int(n)) {
		return nil, fmt.Errorf("cpu: %d bytes do not fit the address space", n)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, fmt.Errorf("cpu: the device is closed")
	}
	if n == 0 {
		return tensor.Host(nil), nil
	}
	r, err := newRegion(int(n))
	if err != nil {
		return nil, fmt.Errorf("cpu: %d bytes of memory: %w", n, err)
	}
	d.regions = append(d.regions, r)
	return tensor.Host(r.bytes), nil
}

// Close stops the threads and frees the memory.
func (d *device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.pool.close()
	var first error
	for _, r := range d.regions {
		if err := r.free(); err != nil && first == nil {
			first = fmt.Errorf("cpu: free: %w", err)
		}
	}
	d.regions, d.vectors = nil, nil
	return first
}

// Supports reports whether every operand has a form that the kernels take.
func (d *device) Supports(g *graph.Graph, v graph.Value) bool {
	n := g.Node(v)
	for _, in := range n.In {
		if in != 0 && g.Node(in).Op == graph.Weight && checkWeight(g.Node(in).Weight) != nil {
			return false
		}
	}
	weight := func(i int) bool {
		w := n.In[i]
		return g.Node(w).Op == graph.Weight && d.multiplies(g.Node(w).Type)
	}
	switch n.Op {
	case graph.Lookup:
		return weight(0) && g.Node(n.In[1]).Op == graph.Tokens
	case graph.MatMul:
		return weight(1) && g.Node(n.In[0]).Type == tensor.F32
	case graph.Experts:
		return g.Node(n.In[0]).Type == tensor.F32 && weight(1) && weight(2) && weight(3) && weight(4)
	case graph.Add, graph.Times, graph.Scale, graph.RMSNorm, graph.RoPE, graph.Attend, graph.GLU, graph.Want:
		for _, in := range n.In {
			if in != 0 && g.Node(in).Type != tensor.F32 {
				return false
			}
		}
		return true
	}
	return false
}
