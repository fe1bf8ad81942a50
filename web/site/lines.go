package site

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// dropLines writes zeros over the tables of a WebAssembly module of Go that say from which
// line of which file each instruction comes. Only the text of a stack trace uses them: it
// then says "?" instead of a file and a line. The linker has no flag for it. The tables do
// not repeat themselves, so without them a module is a tenth smaller when it is compressed.
//
// The layout is that of runtime/symtab.go and of _func in runtime/runtime2.go. dropLines
// returns an error if the module has another one.
func dropLines(module []byte) error {
	m, err := memoryOf(module)
	if err != nil {
		return err
	}
	head, found := m.find(pclntab)
	if !found {
		return errors.New("the module has no table of functions of the known layout")
	}
	table := func(field int) int { return head + m.number(head+8+8*field, 8) } // of pcHeader, by its number after the first 8 bytes
	files, programs, funcs := table(4), table(6), table(7)

	// A program is a table of one kind for one function. Functions share equal ones,
	// also those of different kinds.
	lines, kept := map[int]bool{}, map[int]bool{}
	for i := range m.number(head+8, 8) {
		f := funcs + m.number(funcs+8*i+4, 4) // a _func
		kept[m.number(f+16, 4)] = true        // pcsp
		for _, field := range []int{20, 24} { // pcfile and pcln
			lines[m.number(f+field, 4)] = true
			m.clear(f+field, 4) // 0: there is no table
		}
		for k := range m.number(f+28, 4) { // npcdata
			kept[m.number(f+44+4*k, 4)] = true
		}
	}
	for program := range lines {
		if program != 0 && !kept[program] {
			m.clear(programs+program, m.lengthOf(programs+program))
		}
	}
	m.clear(files, programs-files) // cutab and filetab, the names of the files
	return m.err
}

// pclntab is the beginning of the table of functions since Go 1.20, for 64-bit pointers.
var pclntab = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

// memory is what the data section of a module writes into the module's memory.
type memory struct {
	bytes  []byte // by address
	places []int  // by address: where the byte stands in the module; 0: nowhere, it is zero
	module []byte
	err    error // the first access outside the memory
}

func (m *memory) find(what []byte) (address int, found bool) {
	address = bytes.Index(m.bytes, what)
	return address, address >= 0
}

// number returns the little-endian number at an address.
func (m *memory) number(address, size int) int {
	if address < 0 || address+size > len(m.bytes) {
		m.err = fmt.Errorf("address %d is outside the %d bytes of the module's memory", address, len(m.bytes))
		return 0
	}
	var full [8]byte
	copy(full[:], m.bytes[address:address+size])
	return int(binary.LittleEndian.Uint64(full[:]))
}

// clear writes zeros into the module.
func (m *memory) clear(address, size int) {
	if address < 0 || size < 0 || address+size > len(m.bytes) {
		m.err = fmt.Errorf("address %d is outside the %d bytes of the module's memory", address, len(m.bytes))
		return
	}
	for _, place := range m.places[address : address+size] {
		if place != 0 {
			m.module[place] = 0
		}
	}
}

// lengthOf returns the number of bytes of a program: pairs of numbers of variable length.
// The first number of a pair is zero after the last pair.
func (m *memory) lengthOf(program int) int {
	r := reader{module: m.bytes, at: program}
	for first := true; r.err == nil; first = false {
		if r.number() == 0 && !first {
			break
		}
		r.number()
	}
	if r.err != nil {
		m.err = r.err
	}
	return r.at - program
}

// memoryOf reads the data section of a module (WebAssembly Core Specification, 5.5).
func memoryOf(module []byte) (*memory, error) {
	m := &memory{module: module}
	r := &reader{module: module, at: 8} // after the magic and the version
	for r.at < len(module) && r.err == nil {
		id := r.byte()
		end := r.number() + r.at
		if id == 11 {
			for range r.number() {
				m.add(r)
			}
		}
		r.at = end
	}
	return m, r.err
}

// add reads one segment.
func (m *memory) add(r *reader) {
	r.number() // the kind of the segment
	if r.byte() != 0x41 /* i32.const */ {
		r.err = errors.New("a segment of the module has no constant address")
		return
	}
	address := r.number()
	r.byte() // end
	size := r.number()
	if r.err != nil || r.at+size > len(r.module) || address > 1<<28 {
		r.err = errors.New("a segment of the module cannot be read")
		return
	}
	if more := address + size - len(m.bytes); more > 0 {
		m.bytes = append(m.bytes, make([]byte, more)...)
		m.places = append(m.places, make([]int, more)...)
	}
	for i, b := range r.module[r.at : r.at+size] {
		m.bytes[address+i], m.places[address+i] = b, r.at+i
	}
	r.at += size
}

// reader reads the numbers of a module.
type reader struct {
	module []byte
	at     int
	err    error
}

func (r *reader) byte() byte {
	if r.at >= len(r.module) {
		r.err = errors.New("the module ends early")
		return 0
	}
	r.at++
	return r.module[r.at-1]
}

// number reads a number of variable length (LEB128).
func (r *reader) number() int {
	value, n := binary.Uvarint(r.module[min(r.at, len(r.module)):])
	if n <= 0 {
		r.err = errors.New("the module ends early")
		return 0
	}
	r.at += n
	return int(value)
}
