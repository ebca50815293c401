package codec

// The tables of ITU-T G.722, in the numbering of its clause 6 and Tables 11–21, and
// what follows from them.
//
// A code of the lower band has a place: the number of decision levels its magnitude
// passes, and 32 if it is negative.
var (
	// g722IL are the codes, by place.
	g722IL = [64]uint8{
		61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47,
		46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 32, 32,
		63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19,
		18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 4, 4,
	}
	// g722Place is where a code is in it. Codes 0 to 3, which are never sent, count
	// as 63.
	g722Place = g722Places()

	g722QM6 = g722ByPlace(func(code uint8) int32 { return g722SixBits[code] })
	g722QM4 = g722ByPlace(func(code uint8) int32 { return g722FourBits[code>>2] })
	g722QM2 = [4]int32{-7408, -1616, 7408, 1616}

	// g722WL and g722WH are the multipliers of the logarithmic scale factor, by place
	// and by code.
	g722WL = g722ByPlace(func(code uint8) int32 { return g722Weights[code>>2] })
	g722WH = [4]int32{798, -214, 798, -214}

	// g722Moves is both, by code.
	g722Moves = g722BothMoves()

	// g722Level is the number of decision levels not above a ratio.
	g722Level = g722Levels()
	// g722DetL and g722DetH are the scale factors by their logarithm: SCALEL, SCALEH.
	// g722Inverse is 2^40 divided by the former, and a little more.
	g722DetL, g722DetH = g722Scales(18432, 8), g722Scales(22528, 10)
	g722Inverse        = g722Inverses()

	// g722Zeros is what moves three and three zeros, with the 128 by which a lane's
	// 32768 leaks, by which of their differences have another sign than the new one;
	// from 64 on: the new one is 0.
	g722Zeros = g722ZeroMoves()
	// g722Poles is what moves the poles, by the signs of the last three partially
	// reconstructed samples.
	g722Poles = g722PoleMoves()
)

// As the Recommendation numbers them.
var (
	// g722Decisions are the decision levels Q6.
	g722Decisions = [30]int32{
		0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650,
		714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	}
	g722SixBits = [64]int32{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704,
		-14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576,
		-3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192,
		10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032,
		1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	g722FourBits = [16]int32{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
		20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	}
	// g722Weights has WL with RL42 folded in.
	g722Weights = [16]int32{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}

	g722ILB = [32]int32{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}
)

// g722Lanes has a 1 in each of three lanes.
const g722Lanes = 1 | 1<<21 | 1<<42

func g722Places() (places [64]uint8) {
	for code := range places {
		places[code] = 32
	}
	for place := len(g722IL) - 1; place >= 0; place-- {
		places[g722IL[place]] = uint8(place)
	}
	return places
}

func g722ByPlace(of func(code uint8) int32) (t [64]int32) {
	for place, code := range g722IL {
		t[place] = of(code)
	}
	return t
}

func g722BothMoves() (t [256]g722Scale) {
	for code := range t {
		t[code] = g722Scale{low: g722WL[g722Place[code&63]], high: g722WH[code>>6]}
	}
	return t
}

func g722Levels() (t [4096]uint8) {
	for ratio := range t {
		n := len(g722Decisions) - 1
		for g722Decisions[n] > int32(ratio) {
			n--
		}
		t[ratio] = uint8(n)
	}
	return t
}

func g722Scales(ceiling, shift int) (t [512]int32) {
	for nb := 0; nb <= ceiling; nb += 64 {
		v := g722ILB[nb>>6&31]
		if n := shift - nb>>11; n < 0 {
			v <<= -n
		} else {
			v >>= n
		}
		t[nb>>6] = v << 2
	}
	return t
}

func g722Inverses() (t [512]uint64) {
	for i, det := range g722DetL {
		if det > 0 {
			t[i] = 1<<40/uint64(det) + 1
		}
	}
	return t
}

func g722ZeroMoves() (t [128][2]uint64) {
	for i := range t {
		for k := range 6 {
			move := uint64(128 + 128)
			switch {
			case i >= 64:
				move = 128
			case i>>k&1 == 1:
				move = 0
			}
			t[i][k/3] += move << (21 * (k % 3))
		}
	}
	return t
}

// g722PoleMove holds the steps of both poles and the sign of the first's part in
// the second.
type g722PoleMove struct{ a1, a2, sign int32 }

func g722PoleMoves() (t [8]g722PoleMove) {
	for signs := range t {
		p0, p1, p2 := signs&1, signs>>1&1, signs>>2
		t[signs] = g722PoleMove{a1: 192, a2: 128, sign: -1}
		if p0 != p1 {
			t[signs].a1, t[signs].sign = -192, 1
		}
		if p0 != p2 {
			t[signs].a2 = -128
		}
	}
	return t
}
