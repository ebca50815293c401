package per

// tree is a type that covers everything, for fuzzing and benchmarks.
type tree struct {
	Extra    `per:"sequence,ext"`
	Flag     bool
	Small    int     `per:"range=1..3600"`
	Large    int64   `per:"range=0..4294967295"`
	Signed   int     `per:"range=-262144..262143"`
	Ext      int     `per:"range=1..32768,..."`
	Semi     int64   `per:"range=1.."`
	Free     *int64  `per:"opt"`
	Narrow   *int8   `per:"opt"`
	Colour   colour  // extensible
	Sex      *sexA3  `per:"opt"`
	Null     *Null   `per:"opt"`
	Oid      *OID    `per:"opt"`
	Fixed1   []byte  `per:"opt;size=1"`
	Fixed2   []byte  `per:"opt;size=2"`
	Fixed16  []byte  `per:"opt;size=16"`
	Variable []byte  `per:"opt;size=2..32"`
	OctetExt []byte  `per:"opt;size=1..4,..."`
	Octets   []byte  `per:"opt"`
	Bits     *bitSet `per:"opt"`
	Text     *texts  `per:"opt"`
	Lists    *lists  `per:"opt"`
	Pick     pick
	Any      Open   `per:"opt"`
	Deeper   *tree  `per:"opt"`
	AddInt   *int   `per:"add;range=0..255"`
	AddNull  *Null  `per:"add"`
	AddBytes []byte `per:"add"`
	AddTree  *tree  `per:"add"`
	AddTrees []tree `per:"add;size=1..256"`
}

type bitSet struct {
	_        struct{}   `per:"sequence"`
	Fixed    BitString  `per:"size=12"`
	Long     BitString  `per:"size=32"`
	Variable *BitString `per:"opt;size=0..511"`
	Large    *BitString `per:"opt;size=2049..65536"`
	Ext      *BitString `per:"opt;size=1..8,..."`
	Any      *BitString `per:"opt"`
}

type texts struct {
	_         struct{} `per:"sequence"`
	Digits    *string  `per:"opt;size=1..128;from=0123456789#*,"`
	Signal    *string  `per:"opt;size=1;from=0123456789#*ABCD!"`
	Number    *string  `per:"opt;numeric;size=1..16"`
	ASCII     *string  `per:"opt;size=1..512"`
	Any       *string  `per:"opt"`
	Ext       *string  `per:"opt;size=3..16,..."`
	Wide      *string  `per:"opt;bmp;size=1..256"`
	WideAny   *string  `per:"opt;bmp"`
	Printable *string  `per:"opt;printable"`
	Visible   *string  `per:"opt;visible;size=2"`
	General   *string  `per:"opt;general"`
	Same      *string  `per:"opt;from=x"`
}

type lists struct {
	_       struct{}   `per:"sequence"`
	Bools   []bool     `per:"opt"`
	Nulls   []Null     `per:"opt"`
	Fixed   []int      `per:"opt;size=3;of.range=0..15"`
	Large   []pick     `per:"opt;size=1..65535"`
	Ext     []int      `per:"opt;size=0..2,...;of.range=5..5"`
	Strings []string   `per:"opt;size=1..256;of.size=1..32"`
	Bytes   [][]byte   `per:"opt"`
	Nested  [][]int    `per:"opt;size=1..16;of.size=1..4;of.of.range=0..255"`
	Colours []colour   `per:"opt"`
	Sparse  []sparse   `per:"opt"` // much memory for few bits
	Opens   []Open     `per:"opt"`
	OIDs    []OID      `per:"opt"`
	Choices [][]picked `per:"opt"`
}

// sparse takes 2 bits and 344 octets of memory.
type sparse struct {
	Extra              `per:"choice,ext"`
	A, B               *Null
	X00, Y00, Z00, W00 *Null `per:"add"`
	X01, Y01, Z01, W01 *Null `per:"add"`
	X02, Y02, Z02, W02 *Null `per:"add"`
	X03, Y03, Z03, W03 *Null `per:"add"`
	X04, Y04, Z04, W04 *Null `per:"add"`
	X05, Y05, Z05, W05 *Null `per:"add"`
	X06, Y06, Z06, W06 *Null `per:"add"`
	X07, Y07, Z07, W07 *Null `per:"add"`
	X08, Y08, Z08, W08 *Null `per:"add"`
	X09, Y09, Z09, W09 *Null `per:"add"`
}

// pick is recursive through each kind of alternative.
type pick struct {
	Extra  `per:"choice,ext"`
	None   *Null
	Number *int    `per:"range=0..65535"`
	Tree   *tree   // deeper
	Picks  []pick  `per:"size=1..256"`
	Octets []byte  `per:"size=0..4"`
	Later  *bool   `per:"add"`
	Latest []pick  `per:"add"`
	Wide   *string `per:"add;bmp"`
}

// picked has one alternative: not even an index is encoded.
type picked struct {
	_    struct{} `per:"choice"`
	Only *Null
}
