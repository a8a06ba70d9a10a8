namespace Channels.Layers.Redis;

/// <summary>
/// Settings of a Redis layer, bound from <c>Channels:Layers:&lt;alias&gt;</c> and checked at start. Those that Python's
/// channels_redis has too must be equal on both sides; a mismatch shows up as silence, never as an error.
/// </summary>
/// <remarks>
/// The layer also reads the inherited settings. Each sender applies its own <see cref="ChannelLayerOptions.Capacity"/> and
/// <see cref="ChannelLayerOptions.Expiry"/>, which are whole seconds here, as is <see cref="ChannelLayerOptions.GroupExpiry"/>.
/// In the pub/sub layout they bound the local inboxes only; groups do not expire there.
/// </remarks>
public sealed class RedisLayerOptions : ChannelLayerOptions
{
    private readonly List<IMessageSerializer> _serializers = [];

    /// <summary>
    /// The Redis servers, in the same order in every process: names are spread over them by hash. Each entry is
    /// <c>host:port</c> with settings of StackExchange.Redis behind commas (<c>user=</c>, <c>password=</c>, <c>ssl=</c>, <c>protocol=</c> …), a URL
    /// (<c>redis://user:password@host:port/db</c>, <c>rediss://</c> for TLS; <c>?db=</c>, <c>username</c>, <c>password</c>, <c>protocol</c> and
    /// <c>ssl_ca_certs</c> as in redis-py), a set of sentinels
    /// (<c>sentinel://one:26379,two:26379/master-name?db=0&amp;password=…&amp;sentinelPassword=…</c>), or a <c>unix:///path</c>. An entry may name several servers
    /// with commas between them: nodes of one cluster (pub/sub layout), or a master and its replicas. They are tried in order,
    /// at each connection.
    /// Default none, which means <c>localhost:6379</c>. Configuration that gives one text instead of a list separates the
    /// entries by semicolons, because commas stand inside them.
    /// </summary>
    [ListText(";")]
    public IList<string> Hosts { get; } = [];

    /// <summary>What every key and pub/sub channel begins with, verbatim; end it in a colon to keep prefixes apart. May be empty. Default <c>asgi</c>.</summary>
    public string Prefix { get; set; } = "asgi";

    /// <summary>
    /// Key texts for symmetric encryption of message bodies: the first encrypts, all are tried for decryption. Names of
    /// channels and groups stay readable. Default none: no encryption. Configuration that gives one text instead of a list
    /// means one key.
    /// </summary>
    [ListText("")]
    public IList<string> SymmetricEncryptionKeys { get; } = [];

    /// <summary>
    /// How many random bytes make equal messages distinct in the core layout, 0 to 255. With 0, two equal messages that wait
    /// together become one. The pub/sub layout has none. Default 12.
    /// </summary>
    public int RandomPrefixLength { get; set; } = 12;

    /// <summary>Which serializer writes and reads messages: <c>msgpack</c>, <c>json</c>, or one given to <see cref="AddSerializer"/>. Default <c>msgpack</c>.</summary>
    public string SerializerFormat { get; set; } = "msgpack";

    /// <summary>The largest encoded message in bytes, at least 1024. Default 16 MiB.</summary>
    public int MaxMessageBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How long a command may take before its sender gets <see cref="ChannelLayerUnavailableException"/>. Longer than zero, at most 5 minutes. Default 5 seconds.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one attempt to connect may take. Longer than zero, at most 5 minutes. Default 5 seconds.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often each connection is asked whether it still lives; one that does not answer within this time is replaced.
    /// Half a second to 5 minutes. Default 5 seconds.
    /// </summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many commands may wait for an answer per host; one more fails at once. At least 1. Default 10,000.</summary>
    public int MaxPendingCommands { get; set; } = 10_000;

    /// <summary>How many bytes of messages may wait for an answer per host; more fail at once. At least <see cref="MaxMessageBytes"/>. Default 64 MiB.</summary>
    public long MaxPendingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// Pub/sub layout: how many sends per host may be on their way without an answer before a further one waits for its
    /// own. One that did not wait and is not answered is counted as dropped, with reason <c>unconfirmed</c>, instead of
    /// failing. With 0 every send waits. At least 0. Default 100.
    /// </summary>
    public int MaxUnconfirmedSends { get; set; } = 100;

    /// <summary>
    /// Pub/sub layout: whether messages go over shard channels (<c>SPUBLISH</c>), which only the node of a cluster hears that has
    /// their slot, instead of over all nodes. An entry of <see cref="Hosts"/> is then a whole cluster, or one server. Needs Redis 7.0 or
    /// later, in all processes; it is not the layout of Python's channels_redis. Default false.
    /// </summary>
    public bool ShardedPubSub { get; set; }

    /// <summary>
    /// Pub/sub layout: the type of the message put into every channel of this process when a connection that delivers
    /// messages is lost. Nothing goes over the wire. Null sends none. Default null.
    /// </summary>
    public string? OnDisconnect { get; set; }

    /// <summary>
    /// Pub/sub layout: the type of the message put into every channel of this process when all subscriptions are confirmed
    /// again after a loss; what was sent in between was missed. Null sends none. Default null.
    /// </summary>
    public string? OnReconnect { get; set; }

    /// <summary>The serializers that were added.</summary>
    internal IReadOnlyList<IMessageSerializer> GetSerializers() => _serializers; // no property: it is none of the settings that configuration binds

    /// <summary>Makes a format of your own known; one of the same name replaces the former.</summary>
    /// <param name="serializer">The serializer.</param>
    public void AddSerializer(IMessageSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        _serializers.RemoveAll(known => known.Format == serializer.Format);
        _serializers.Add(serializer);
    }
}
