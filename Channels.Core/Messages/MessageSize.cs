namespace Channels;

/// <summary>Roughly how many bytes a message holds, for bounds of queues in memory: its texts and bytes, and a little for each entry.</summary>
internal static class MessageSize
{
    private const int Entry = 32;

    public static long Of(ChannelMessage message) => Entry + message.Body switch
    {
        WebSocketSend send => send.Payload.Length,
        { } record when !message.HasFields => OfRecord(record, message.Contract!), // whatever else has a body has a contract
        _ => Of(message.Fields),
    };

    public static long Of(in MessageValue value) => Entry + value.Kind switch
    {
        MessageValueKind.Text => 2L * value.GetText().Length,
        MessageValueKind.Bytes => value.GetBytes().Length,
        MessageValueKind.List => value.GetList().Sum(item => Of(item)),
        MessageValueKind.Map => Of(value.GetMap()),
        _ => 0L,
    };

    public static long Of(MessageMap map) => map.Sum(entry => 2L * entry.Key.Length + Of(entry.Value));

    // Flat: for any other record the map was made when the message was.
    private static long OfRecord(object record, System.Text.Json.Serialization.Metadata.JsonTypeInfo contract) => contract.Properties.Sum(property => Entry + property.Get?.Invoke(record) switch
    {
        string text => 2L * text.Length,
        byte[] bytes => bytes.Length,
        ReadOnlyMemory<byte> bytes => bytes.Length,
        Memory<byte> bytes => bytes.Length,
        _ => 0L,
    });
}
