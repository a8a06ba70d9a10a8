namespace Channels.Tests.Specifications;

/// <summary>
/// What happened in a race of joins, leaves and group sends, on one logical clock, and whether the deliveries fit it: a
/// message must reach who was certainly a member while it was sent, must not reach who certainly was none, must reach
/// nobody twice, and messages of one sender keep their order.
/// </summary>
public sealed class MembershipHistory(int members, int senders)
{
    private readonly List<(bool Add, long Start, long End)>[] _flips = [.. Enumerable.Range(0, members).Select(_ => new List<(bool, long, long)>())];
    private readonly List<(long Number, long Start, long End)>[] _sends = [.. Enumerable.Range(0, senders).Select(_ => new List<(long, long, long)>())];
    private readonly List<long>[] _received = [.. Enumerable.Range(0, members).Select(_ => new List<long>())];
    private long _clock;
    private int _required;
    private int _forbidden;
    private int _either;

    public string Summary => $"{_required} deliveries required, {_forbidden} forbidden, {_either} left open";

    public static long NumberOf(int sender, int index) => (long)sender << 32 | (uint)index;

    public long Tick() => Interlocked.Increment(ref _clock);

    /// <summary>Called by the member's own task only.</summary>
    public void Flipped(int member, bool add, long start, long end) => _flips[member].Add((add, start, end));

    /// <summary>Called by the sender's own task only.</summary>
    public void Sent(int sender, long number, long start, long end) => _sends[sender].Add((number, start, end));

    public void Received(int member, List<long> numbers) => _received[member] = numbers;

    public void Check()
    {
        for (var member = 0; member < members; member++)
        {
            var counts = _received[member].GroupBy(n => n).ToDictionary(g => g.Key, g => g.Count());
            foreach (var (number, start, end) in _sends.SelectMany(s => s))
            {
                var count = counts.GetValueOrDefault(number);
                var (least, most) = Expected(_flips[member], start, end);
                if (count < least || count > most)
                {
                    Assert.Fail($"member {member} got message {number} {count} times; between {least} and {most} fit its joins and leaves");
                }
            }

            foreach (var sender in _received[member].GroupBy(n => n >> 32))
            {
                Assert.That(sender, Is.Ordered, $"member {member} got messages of sender {sender.Key} out of order");
            }
        }
    }

    private (int Least, int Most) Expected(List<(bool Add, long Start, long End)> flips, long start, long end)
    {
        switch (WasMember(flips, start, end))
        {
            case true:
                _required++;
                return (1, 1);
            case false:
                _forbidden++;
                return (0, 0);
            default:
                _either++;
                return (0, 1);
        }
    }

    // Null: a join or a leave overlaps the time.
    private static bool? WasMember(List<(bool Add, long Start, long End)> flips, long start, long end)
    {
        var (low, high) = (0, flips.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = flips[middle].End < start ? (middle + 1, high) : (low, middle);
        }

        var before = low > 0 && flips[low - 1].Add;
        for (var i = low; i < flips.Count && flips[i].Start < end; i++)
        {
            if (flips[i].Add != before)
            {
                return null;
            }
        }

        return before;
    }
}
