package pace

import (
	"cmp"
	"iter"
	"slices"

	"capplayground/cluster"
)

// runs holds values in the order of their keys, and of arrival if keys are equal. Values
// come nearly in this order: the messages of each sender do, and the timers of each
// length. So they are kept in runs, each of which came in the order. A new value is
// compared only with the ends of the runs, and the first value is the first one of a run.
type runs[T any] struct {
	all   []run[T] // some may be empty
	len   int
	added uint64
}

// run is a queue. The items before head have left.
type run[T any] struct {
	items []item[T]
	head  int
}

type item[T any] struct {
	value T
	key   cluster.Time
	order uint64 // of arrival
}

const (
	maxEmpty = 16  // how many runs are kept although they are empty
	maxSpace = 512 // for how many items an empty run keeps its space
)

func (a *item[T]) compare(b *item[T]) int {
	if a.key != b.key {
		return cmp.Compare(a.key, b.key)
	}
	return cmp.Compare(a.order, b.order)
}

// add adds a value.
func (r *runs[T]) add(key cluster.Time, value T) {
	u := r.fitting(key)
	u.items = append(u.items, item[T]{value, key, r.added})
	r.added++
	r.len++
}

// fitting returns the first run to which an item with that key can be added.
func (r *runs[T]) fitting(key cluster.Time) *run[T] {
	for i := range r.all {
		if u := &r.all[i]; len(u.items) == 0 || u.items[len(u.items)-1].key <= key {
			u.makeRoom()
			return u
		}
	}
	r.all = append(r.all, run[T]{})
	return &r.all[len(r.all)-1]
}

// makeRoom uses the place of the items that have left, if they were more than half.
func (u *run[T]) makeRoom() {
	if len(u.items) == cap(u.items) && u.head > len(u.items)/2 {
		n := copy(u.items, u.items[u.head:])
		clear(u.items[n:])
		u.items, u.head = u.items[:n], 0
	}
}

// place is where an item is: in which run, and where in it.
type place struct{ run, at int }

// first returns the first item and its place, or nil.
func (r *runs[T]) first() (first *item[T], where place) {
	if r.len == 0 {
		return nil, place{}
	}
	for i := range r.all {
		u := &r.all[i]
		if u.head < len(u.items) && (first == nil || u.items[u.head].compare(first) < 0) {
			first, where = &u.items[u.head], place{i, u.head}
		}
	}
	return first, where
}

// remove removes the item at a place, and returns its value.
func (r *runs[T]) remove(p place) T {
	u := &r.all[p.run]
	value := u.items[p.at].value
	r.len--
	if p.at == u.head {
		u.items[p.at] = item[T]{}
		u.head++
	} else {
		u.items = slices.Delete(u.items, p.at, p.at+1)
	}
	if u.head == len(u.items) {
		u.items, u.head = u.items[:0], 0
		if cap(u.items) > maxSpace {
			u.items = nil
		}
		if len(r.all) > maxEmpty {
			r.all = slices.Delete(r.all, p.run, p.run+1)
		}
	}
	return value
}

// each lists all items, in no order, with their places. A place is valid until a value is
// added or removed.
func (r *runs[T]) each() iter.Seq2[place, *item[T]] {
	return func(yield func(place, *item[T]) bool) {
		for i := range r.all {
			for at := r.all[i].head; at < len(r.all[i].items); at++ {
				if !yield(place{i, at}, &r.all[i].items[at]) {
					return
				}
			}
		}
	}
}

// sorted lists all items in their order.
func (r *runs[T]) sorted() []item[T] {
	items := make([]item[T], 0, r.len)
	for i := range r.all {
		items = append(items, r.all[i].items[r.all[i].head:]...)
	}
	slices.SortFunc(items, func(a, b item[T]) int { return a.compare(&b) })
	return items
}
