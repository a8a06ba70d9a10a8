using FsCheck;
using FsCheck.Fluent;

namespace Channels.Tests.Specifications;

/// <summary>
/// What a history does, compared with a list: any interleaving of publishes, appends, joins, breaks, returns and reads of a few
/// clients gives each what the list says.
/// </summary>
internal static class GroupHistoryModel
{
    /// <summary>One thing that happens. <c>Who</c> is one of a few clients.</summary>
    internal sealed record Step(Kind What, int Who, int Count);

    internal enum Kind
    {
        Publish,
        Append,
        Join,
        JoinOldest,
        Break,
        Return,
    }

    public const int Clients = 4;

    public const int Kept = 20;

    /// <summary>Runs of up to 60 steps.</summary>
    public static Arbitrary<Step[]> Runs => Gen.Choose(1, 60).SelectMany(length =>
        (from what in Gen.Frequency((6, Gen.Constant(Kind.Publish)), (1, Gen.Constant(Kind.Append)), (2, Gen.Constant(Kind.Join)), (2, Gen.Constant(Kind.JoinOldest)), (3, Gen.Constant(Kind.Break)), (4, Gen.Constant(Kind.Return)))
         from who in Gen.Choose(0, Clients - 1)
         from count in Gen.Choose(1, 12)
         select new Step(what, who, count)).ArrayOf(length)).ToArbitrary();

    /// <summary>What the sequential model says that a client gets.</summary>
    internal sealed class Client
    {
        private readonly List<string> _expected = [];

        public bool IsThere { get; private set; }

        public long Last { get; private set; }

        public IReadOnlyList<string> Expected => _expected;

        /// <summary>Joins; gives whether what followed is gone.</summary>
        public bool Join(long? since, long newest, long oldestKept)
        {
            (IsThere, Last) = (true, newest);
            _expected.Clear();
            if (since is not { } position)
            {
                return false;
            }

            if (position + 1 < oldestKept)
            {
                return true;
            }

            Expect(position + 1, newest);
            return false;
        }

        public void Break() => IsThere = false;

        /// <summary>It broke after so many: the last one that it had is that one.</summary>
        public void Had(int count) => Last -= _expected.Count - count;

        public void Published(long first, long last)
        {
            if (IsThere)
            {
                Expect(first, last);
                Last = last;
            }
        }

        private void Expect(long first, long last)
        {
            for (var n = first; n <= last; n++)
            {
                _expected.Add($"{n}@{n}");
            }
        }
    }
}
