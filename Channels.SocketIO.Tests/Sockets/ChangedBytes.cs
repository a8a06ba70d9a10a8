namespace Channels.Tests.Sockets;

/// <summary>What strangers may make of a message: a byte more, less or another, the end cut off, a part of another message in the middle.</summary>
internal static class ChangedBytes
{
    /// <summary>The message with up to four changes.</summary>
    /// <param name="seed">The message.</param>
    /// <param name="parts">What may come into it.</param>
    /// <param name="random">Decides.</param>
    public static byte[] Of(byte[] seed, byte[][] parts, Random random)
    {
        List<byte> bytes = [.. seed];
        for (var changes = random.Next(5); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(5))
            {
                case 0:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveAt(at);
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, parts[random.Next(parts.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }
}
