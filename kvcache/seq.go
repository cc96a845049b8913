package kvcache

import "fmt"

// A Seq is one sequence's pages. It is not for concurrent use.
type Seq struct {
	cache *Cache
	pages []int32 // page of rows PageRows*i and up
	n     int
}

// NewSeq returns an empty sequence.
func (c *Cache) NewSeq() *Seq { return &Seq{cache: c} }

// Cache is where the rows lie.
func (s *Seq) Cache() *Cache { return s.cache }

// Len is the number of rows.
func (s *Seq) Len() int { return s.n }

// Pages are the pages that hold the rows, in order; those beyond Len are reserved. It is read, not written.
func (s *Seq) Pages() []int32 { return s.pages }

// Reserve makes room for n more rows, or takes no page and wraps ErrFull.
func (s *Seq) Reserve(n int) error {
	need := Pages(s.n+n) - len(s.pages)
	if need <= 0 {
		return nil
	}
	c := s.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	if need > len(c.free) {
		return fmt.Errorf("kvcache: %d rows need %d more pages of %d rows, %d of %d are free: %w", s.n+n, need, PageRows, len(c.free), c.pages, ErrFull)
	}
	for range need {
		s.pages = append(s.pages, c.free[len(c.free)-1])
		c.free = c.free[:len(c.free)-1]
	}
	return nil
}

// Extend counts n rows that a step has stored, after Reserve.
func (s *Seq) Extend(n int) {
	if Pages(s.n+n) > len(s.pages) {
		panic("kvcache: Extend without Reserve")
	}
	s.n += n
}

// Truncate forgets rows n and up and gives their pages back.
func (s *Seq) Truncate(n int) {
	if n < 0 || n > s.n {
		panic(fmt.Sprintf("kvcache: Truncate(%d) of %d rows", n, s.n))
	}
	keep := Pages(n)
	c := s.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(s.pages) - 1; i >= keep; i-- {
		c.free = append(c.free, s.pages[i])
	}
	s.pages, s.n = s.pages[:keep], n
}

// Close gives all pages back. The sequence is then empty, and usable.
func (s *Seq) Close() { s.Truncate(0) }
