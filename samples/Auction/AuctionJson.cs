using System.Text.Json;
using System.Text.Json.Serialization;

namespace Auctions;

/// <summary>The JSON contracts, generated at compile time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Auction))]
[JsonSerializable(typeof(Bid))]
[JsonSerializable(typeof(CloseAuction))]
[JsonSerializable(typeof(Offer))]
internal sealed partial class AuctionJson : JsonSerializerContext;
