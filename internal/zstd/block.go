package zstd

// The types of blocks (RFC 8878, 3.1.1.2.2). The fourth is reserved.
const (
	rawBlock = iota
	runBlock
	compressedBlock
)

const errBlockSize = corruption("a block is larger than it may be")

// block decodes the next block. The content is there until the next call.
func (z *Reader) block() (content []byte, last bool, err error) {
	start := z.in.offset
	header, err := z.in.take(3)
	if err != nil {
		return nil, false, err
	}
	last = header&1 == 1
	kind, size := header>>1&3, int(header>>3)
	if kind > compressedBlock {
		return nil, false, &Error{start, corruption("a block is of the reserved type")}
	}
	if size > z.history.block {
		return nil, false, &Error{start, errBlockSize}
	}
	stored := size
	if kind == runBlock {
		stored = 1
	}
	if !z.in.have(stored) {
		return nil, false, z.in.truncated()
	}
	z.history.room()
	from, data := z.history.pos, z.in.buf[z.in.next:]
	switch kind {
	case rawBlock:
		z.history.append(data[:size])
	case runBlock:
		z.history.run(data[0], size)
	case compressedBlock:
		if at, fault := z.compressed(z.in.buf, z.in.next, z.in.next+size); fault != "" {
			return nil, false, z.in.fault(at, fault)
		}
	}
	z.in.skip(stored)
	return z.history.buf[from:z.history.pos], last, nil
}

// compressed decodes the block in buf[at:end]; where it can't, it says at which
// index.
func (z *Reader) compressed(buf []byte, at, end int) (index int, fault corruption) {
	literals, n, at, fault := z.literals.read(buf, at, end, z.history.block)
	if fault != "" {
		return at, fault
	}
	if at, fault = z.seqs.begin(buf, at, end); fault != "" {
		return at, fault
	}
	limit := z.history.pos + z.history.block
	for z.seqs.left > 0 {
		batch, fault := z.seqs.next()
		if fault != "" {
			return at, fault
		}
		used, fault := z.history.execute(batch, literals, n, limit)
		if fault != "" {
			return at, fault
		}
		literals, n = literals[used:], n-used
	}
	if n > limit-z.history.pos {
		return at, errBlockSize
	}
	z.history.append(literals[:n])
	return end, ""
}
