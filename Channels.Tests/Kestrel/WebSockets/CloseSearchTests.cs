using System.Buffers;
using Channels.Kestrel;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class CloseSearchTests
{
    [Test]
    [Proves("FA-6")]
    public void A_close_frame_is_found_however_the_octets_are_split([Values(0, 1, 125, 126, 65_536)] int length)
    {
        byte[] octets = [.. RawFrame.Client(3, "bad"u8), .. RawFrame.Client(2, new byte[length]), .. RawFrame.ClientClose(1000, "bye")];
        var end = octets.Length;
        foreach (var cut in Enumerable.Range(0, Math.Min(end, 40)).Concat(Enumerable.Range(end - 20, 20)).Where(cut => cut >= 0))
        {
            var search = new CloseSearch(0);
            var first = new ReadOnlySequence<byte>(octets, 0, cut);
            Assert.That(search.Finds(ref first), Is.False, $"cut at {cut}");
            var second = Sequences.Of(first.ToArray(), octets[cut..]);
            Assert.That(search.Finds(ref second), Is.True, $"cut at {cut}");
        }
    }

    [Test]
    [Proves("FA-6")]
    public void What_is_left_of_the_bad_frame_is_passed_over()
    {
        byte[] octets = [.. new byte[] { 0x88, 0x80, 0, 0, 0, 0 }, .. RawFrame.ClientText("more")];
        var search = new CloseSearch(skip: 6);
        var input = new ReadOnlySequence<byte>(octets);
        Assert.That((search.Finds(ref input), input.IsEmpty), Is.EqualTo((false, true)));
    }

    [Test]
    [Proves("FA-6")]
    public void A_bad_frame_may_be_broken_off_by_the_close_frame([Values("", "bye")] string reason, [Values(1, 6, 1000)] int left)
    {
        byte[] octets = RawFrame.ClientClose(1000, reason);
        var search = new CloseSearch(left);
        var input = new ReadOnlySequence<byte>(octets);
        Assert.That(search.Finds(ref input), Is.True);
    }
}
