namespace Channels;

/// <summary>
/// Cuts the messages of dead letters to a size, and their errors, which may quote the message: whoever looks at one wants to know what
/// it was, and anybody may have sent it.
/// </summary>
internal static class DeadLetterBody
{
    private const int LongestError = 2_000;

    /// <summary>The letter itself when its message and error are small enough, else one that holds as much as fits, and says so of its message.</summary>
    /// <param name="letter">The letter.</param>
    /// <param name="most">How many bytes its message may hold.</param>
    public static DeadLetter Cut(DeadLetter letter, long most)
    {
        letter = letter.Error.Length <= LongestError ? letter : letter with { Error = Begin(letter.Error, LongestError) };
        if (MessageSize.Of(letter.Message) <= most)
        {
            return letter;
        }

        var message = new ChannelMessage(letter.Message.Type, Cut(letter.Message.Fields, ref most), trusted: true);
        return letter with { Message = message, IsCut = true };
    }

    /// <summary>Roughly how many bytes a letter holds.</summary>
    public static long SizeOf(DeadLetter letter) => MessageSize.Of(letter.Message) + (2L * letter.Error.Length);

    private static MessageMap Cut(MessageMap map, ref long left)
    {
        var cut = new MessageMap();
        foreach (var (name, value) in map)
        {
            left -= 2L * name.Length;
            if (left <= 0)
            {
                break;
            }

            cut[name] = Cut(value, ref left);
        }

        return cut;
    }

    private static MessageValue Cut(in MessageValue value, ref long left)
    {
        var size = MessageSize.Of(value);
        if (size <= left)
        {
            left -= size;
            return value;
        }

        switch (value.Kind)
        {
            case MessageValueKind.Text:
                var text = Begin(value.GetText(), (int)Math.Max(0, left / 2));
                left = 0;
                return text;
            case MessageValueKind.Bytes:
                var bytes = value.GetBytes()[..(int)Math.Clamp(left, 0, value.GetBytes().Length)].ToArray();
                left = 0;
                return bytes;
            case MessageValueKind.Map:
                return Cut(value.GetMap(), ref left);
            case MessageValueKind.List:
                List<MessageValue> items = [];
                foreach (var item in value.GetList())
                {
                    if (left <= 0)
                    {
                        break;
                    }

                    items.Add(Cut(item, ref left));
                }

                return items.ToArray();
            default:
                left = 0;
                return value;
        }
    }

    private static string Begin(string text, int length) =>
        length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..Math.Min(length, text.Length)];
}
