"""The exact bytes of two statements of the golden book, written by hand."""

GOLDEN_JSON = b"""{
  "version": "coalition-statement/v1",
  "network": "clearing.example/coalition-1",
  "document": 9,
  "partner": {
    "id": "cafe",
    "name": "Cafe"
  },
  "cycle": {
    "number": 3,
    "label": "2026-11",
    "closed_by": "0:41",
    "closed_at": "2026-12-01T00:00:00.000007Z",
    "ranges": [
      {
        "shard": 1,
        "start": 10,
        "end": 250
      },
      {
        "shard": 2,
        "start": 0,
        "end": 4
      }
    ]
  },
  "currency": "EUR",
  "opening": "0.00",
  "settled": "0.00",
  "counterparties": [
    {
      "id": "bakery",
      "name": "=Bread, \\"fresh\\"",
      "owes": {
        "amount": "0.00",
        "count": 0
      },
      "owed": {
        "amount": "0.00",
        "count": 1
      },
      "net": "0.00",
      "purposes": {
        "reimbursement": {
          "owes": {
            "amount": "0.000000",
            "count": 0
          },
          "owed": {
            "amount": "0.003300",
            "count": 1
          }
        },
        "carried": {
          "owes": {
            "amount": "0.000000",
            "count": 0
          },
          "owed": {
            "amount": "-0.003300",
            "count": 0
          }
        }
      }
    }
  ],
  "owes": {
    "amount": "0.00",
    "count": 0
  },
  "owed": {
    "amount": "0.00",
    "count": 1
  },
  "net": "0.00",
  "purposes": {
    "reimbursement": {
      "owes": {
        "amount": "0.000000",
        "count": 0
      },
      "owed": {
        "amount": "0.003300",
        "count": 1
      }
    },
    "carried": {
      "owes": {
        "amount": "0.000000",
        "count": 0
      },
      "owed": {
        "amount": "-0.003300",
        "count": 0
      }
    }
  },
  "outcome": "nothing due",
  "due": "0.00",
  "closing": "0.00",
  "points": {
    "issued": {
      "points": 0,
      "count": 0
    },
    "redeemed": {
      "points": 0,
      "count": 0
    },
    "issues_reversed": {
      "points": 0,
      "count": 0
    },
    "redemptions_reversed": {
      "points": 0,
      "count": 0
    },
    "expired": {
      "points": 0,
      "count": 0
    },
    "arrears_made": {
      "points": 0,
      "count": 0
    },
    "arrears_repaid": {
      "points": 0,
      "count": 0
    },
    "late": {
      "points": 0,
      "count": 0
    }
  },
  "value": {
    "issued": {
      "amount": "0.00",
      "count": 0
    },
    "redeemed": {
      "amount": "0.00",
      "count": 0
    },
    "issues_reversed": {
      "amount": "0.00",
      "count": 0
    },
    "redemptions_reversed": {
      "amount": "0.00",
      "count": 0
    },
    "expired": {
      "amount": "0.00",
      "count": 0
    },
    "arrears_made": {
      "amount": "0.00",
      "count": 0
    },
    "arrears_repaid": {
      "amount": "0.00",
      "count": 0
    },
    "late": {
      "amount": "0.00",
      "count": 0
    }
  }
}
"""

GOLDEN_CSV = """\
version,coalition-statement/v1,,,,,,,,,
network,clearing.example/coalition-1,,,,,,,,,
document,8,,,,,,,,,
partner,bakery,"'=Bread, ""fresh""\",,,,,,,,
cycle,3,2026-11,,,,,,,,
closed_by,0:41,,,,,,,,,
closed_at,2026-12-01T00:00:00.000007Z,,,,,,,,,
range,1,10,250,,,,,,,
range,2,0,4,,,,,,,
currency,EUR,,,,,,,,,
outcome,pays,1234.06,,,,,,,,
kind,counterparty,name,owes_count,owes,owed_count,owed,net,count,points,value
opening,,,,,,,5.00,,,
settled,,,,,,,4.50,,,
counterparty,acme,Acme Stores,12,1234.56,1,0.50,1234.06,,,
reimbursement,acme,Acme Stores,11,1234.563400,0,0.000000,1234.563400,,,
interchange,acme,Acme Stores,1,0.003000,1,0.500000,-0.497000,,,
carried,acme,Acme Stores,0,-0.006400,0,0.000000,-0.006400,,,
counterparty,cafe,Cafe,1,0.00,0,0.00,0.00,,,
reimbursement,cafe,Cafe,1,0.003300,0,0.000000,0.003300,,,
carried,cafe,Cafe,0,-0.003300,0,0.000000,-0.003300,,,
total,,,13,1234.56,1,0.50,1234.06,,,
reimbursement,,,12,1234.566700,0,0.000000,1234.566700,,,
interchange,,,1,0.003000,1,0.500000,-0.497000,,,
carried,,,0,-0.009700,0,0.000000,-0.009700,,,
closing,,,,,,,1234.56,,,
issued,,,,,,,,9,1000,
redeemed,,,,,,,,0,0,
issues_reversed,,,,,,,,0,0,
redemptions_reversed,,,,,,,,1,5,
expired,,,,,,,,0,0,
arrears_made,,,,,,,,0,0,
arrears_repaid,,,,,,,,1,7,
late,,,,,,,,2,90,
value_issued,,,,,,,,0,,0.00
value_redeemed,,,,,,,,2,,25.00
value_issues_reversed,,,,,,,,0,,0.00
value_redemptions_reversed,,,,,,,,0,,0.00
value_expired,,,,,,,,0,,0.00
value_arrears_made,,,,,,,,0,,0.00
value_arrears_repaid,,,,,,,,0,,0.00
value_late,,,,,,,,0,,0.00
"""
