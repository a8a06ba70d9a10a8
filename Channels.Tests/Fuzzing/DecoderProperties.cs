using Channels.Fuzzing;
using Channels.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace Channels.Tests.Fuzzing;

/// <summary>
/// What the fuzzer looks for by the hour (<c>./build.sh --target=Fuzz</c>), for a second in every run: what grows from the
/// seeds by small changes is decoded or refused, and nothing else. A failure shows the seed to replay.
/// </summary>
public sealed class DecoderProperties
{
    private static IEnumerable<string> Targets => FuzzTarget.All.Keys;

    [TestCaseSource(nameof(Targets))]
    [Proves("SEC-20")]
    public void Seeds_are_decoded_or_refused(string name)
    {
        var target = FuzzTarget.All[name]();
        Assert.Multiple(() =>
        {
            foreach (var seed in target.Seeds)
            {
                Assert.That(() => target.Check(seed), Throws.Nothing);
            }
        });
    }

    [TestCaseSource(nameof(Targets))]
    [Proves("SEC-20")]
    public void Changed_seeds_are_decoded_or_refused(string name)
    {
        var target = FuzzTarget.All[name]();
        Prop.ForAll(Changed([.. target.Seeds]).ToArbitrary(), input => target.Check(input)).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static Gen<byte[]> Changed(byte[][] seeds) =>
        from seed in Gen.Frequency((6, Gen.Elements(seeds)), (1, ArbMap.Default.GeneratorFor<byte[]>()))
        from count in Gen.Choose(0, 6)
        from changes in Change(seeds).ArrayOf(count)
        select changes.Aggregate(seed, (octets, change) => change(octets));

    private static Gen<Func<byte[], byte[]>> Change(byte[][] seeds) =>
        from kind in Gen.Choose(0, 6)
        from at in Gen.Choose(0, int.MaxValue - 1)
        from octet in Gen.OneOf(Gen.Choose(0, 255).Select(value => (byte)value), Gen.Elements("\"\\{}[],:=;/.*!0-_ \0"u8.ToArray()), Gen.Elements<byte>(0x7f, 0x80, 0xff))
        from other in Gen.Elements(seeds)
        select (Func<byte[], byte[]>)(octets => Apply(kind, octets, at % (octets.Length + 1), octet, other));

    private static byte[] Apply(int kind, byte[] octets, int at, byte octet, byte[] other) => kind switch
    {
        0 => [.. octets[..at], octet, .. octets[at..]],
        1 when at < octets.Length => [.. octets[..at], octet, .. octets[(at + 1)..]],
        2 when at < octets.Length => [.. octets[..at], (byte)(octets[at] ^ (1 << (octet & 7))), .. octets[(at + 1)..]],
        3 when at < octets.Length => [.. octets[..at], .. octets[(at + 1)..]],
        4 => octets[..at],
        5 => [.. octets[..at], .. other.Skip(octet % (other.Length + 1)), .. octets[at..]],
        _ => [.. octets[..at], .. octets.Skip(at).Take(octet % 16), .. octets[at..]],
    };
}
